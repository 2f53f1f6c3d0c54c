// What one process leaves for the next, and what identifies a process.
#include <coqmp/machine_record.hpp>

#include "detail/process_status.hpp"
#include "process/process_identity.hpp"
#include "process/program_version.hpp"

#include "support/temporary_directory.hpp"

#include <coqmp/error.hpp>

#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

using coqmp::errc;
using coqmp::machine_record;
using coqmp::test::temporary_directory;
using namespace coqmp::detail;

namespace {

machine_record sample()
{
    machine_record record;
    record.process = 4711;
    record.start_time = 123456789012;
    record.boot_id = "0bb41be0-1d13-4b8d-a3bf-2a0b2a3c4d5e";
    record.monitor = "/run/machines/one.sock";
    return record;
}

/// The text that says why it is not a record; empty if it is one.
std::string objection_to(std::string const& text)
{
    try {
        static_cast<void>(machine_record::parse(text));
    } catch (boost::system::system_error const& error) {
        BOOST_TEST((error.code() == errc::invalid_record));
        return error.what();
    }
    return {};
}

std::string changed(std::string const& what, std::string const& by)
{
    std::string text = to_string(sample());
    return text.replace(text.find(what), what.size(), by);
}

bool says(std::string const& text, std::string const& part)
{
    return text.find(part) != std::string::npos;
}

/// A child that waits for the end of its input.
class waiting_child
{
public:
    waiting_child()
    {
        BOOST_REQUIRE(::pipe(ends_) == 0);
        number_ = ::fork();
        if (number_ == 0) {
            ::close(ends_[1]);
            char letter = 0;
            ::_exit(static_cast<int>(::read(ends_[0], &letter, 1)));
        }
    }
    waiting_child(waiting_child const&) = delete;
    waiting_child& operator=(waiting_child const&) = delete;
    ~waiting_child()
    {
        end();
        reap();
    }

    [[nodiscard]] ::pid_t number() const noexcept { return number_; }
    /// Leaves a zombie.
    void end()
    {
        if (ends_[0] < 0)
            return;
        ::close(ends_[0]);
        ::close(ends_[1]);
        ends_[0] = -1;
        ::siginfo_t ignored{};
        ::waitid(P_PID, static_cast<::id_t>(number_), &ignored, WEXITED | WNOWAIT);
    }
    void reap()
    {
        if (number_ > 0)
            ::waitpid(number_, nullptr, 0);
        number_ = -1;
    }

private:
    int ends_[2] = {-1, -1};
    ::pid_t number_ = -1;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_record_of_a_machine)

BOOST_AUTO_TEST_CASE(is_read_back_as_it_was_written)
{
    BOOST_TEST((machine_record::parse(to_string(sample())) == sample()));
    BOOST_TEST(to_string(sample()) ==
               R"({"format":1,"process":4711,"start-time":123456789012,"boot-id":"0bb41be0-1d13-4b8d-a3bf-2a0b2a3c4d5e",)"
               R"("monitor":"/run/machines/one.sock"})");
}

BOOST_AUTO_TEST_CASE(may_have_members_that_a_later_version_adds)
{
    BOOST_TEST((machine_record::parse(changed("{", R"({"name":"one",)")) == sample()));
}

BOOST_AUTO_TEST_CASE(of_another_format_is_rejected_naming_both_formats)
{
    std::string const objection = objection_to(changed("\"format\":1", "\"format\":2"));
    BOOST_TEST(says(objection, "it has format 2"));
    BOOST_TEST(says(objection, "reads only format 1"));
}

BOOST_AUTO_TEST_CASE(with_a_missing_or_invalid_member_is_rejected_naming_the_member)
{
    for (std::string const name : {"format", "process", "start-time", "boot-id", "monitor"})
        BOOST_TEST(says(objection_to(changed('"' + name + '"', "\"other\"")), '"' + name + '"'));
    BOOST_TEST(says(objection_to(changed("4711", "-4711")), "\"process\""));
    BOOST_TEST(says(objection_to(changed("4711", "4294967296")), "\"process\""));
    BOOST_TEST(says(objection_to(changed("4711", "\"4711\"")), "\"process\""));
    BOOST_TEST(says(objection_to(changed("/run/machines/one.sock", "")), "\"monitor\""));
    BOOST_TEST(says(objection_to(changed("/run", "\\u0000")), "\"monitor\""));
}

BOOST_AUTO_TEST_CASE(that_is_not_an_object_is_rejected)
{
    for (std::string const text : {"", "[]", "4711", "{", "\x01"})
        BOOST_TEST(says(objection_to(text), "not a JSON object"));
}

BOOST_AUTO_TEST_CASE(cut_off_anywhere_is_rejected)
{
    std::string const whole = to_string(sample());
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST(!objection_to(whole.substr(0, size)).empty());
}

BOOST_AUTO_TEST_CASE(is_saved_and_loaded)
{
    temporary_directory const folder;
    std::string const path = folder.path() / "record";
    BOOST_TEST(!machine_record::load(path).has_value());
    sample().save(path);
    BOOST_TEST((machine_record::load(path).value() == sample()));
    struct ::stat status{};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0600U);

    auto other = sample();
    other.process = 4712;
    other.save(path);
    BOOST_TEST((machine_record::load(path).value() == other));
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(that_cannot_be_saved_leaves_the_older_one)
{
    temporary_directory const folder;
    std::string const path = folder.path() / "record";
    sample().save(path);
    std::filesystem::create_directory(path + ".new");
    auto const names_the_file = [&](boost::system::system_error const& error) { return says(error.what(), path); };
    BOOST_CHECK_EXCEPTION(sample().save(path), boost::system::system_error, names_the_file);
    BOOST_TEST((machine_record::load(path).value() == sample()));
    BOOST_CHECK_EXCEPTION(sample().save(folder.path() / "nowhere/record"), boost::system::system_error,
                          [](auto const& error) { return error.code() == boost::system::errc::no_such_file_or_directory; });
}

BOOST_AUTO_TEST_CASE(that_cannot_be_loaded_is_an_error_that_names_the_file)
{
    temporary_directory const folder;
    std::string const path = folder.path() / "record";
    auto const names_the_file = [&](boost::system::system_error const& error) { return says(error.what(), path); };
    std::ofstream(path) << "{}";
    BOOST_CHECK_EXCEPTION(static_cast<void>(machine_record::load(path)), boost::system::system_error, names_the_file);
    BOOST_CHECK_EXCEPTION(static_cast<void>(machine_record::load(folder.path())), boost::system::system_error,
                          [](auto const& error) { return error.code() == boost::system::errc::is_a_directory; });
    BOOST_CHECK_EXCEPTION(static_cast<void>(machine_record::load("/dev/zero")), boost::system::system_error,
                          [](auto const& error) { return error.code() == boost::system::errc::file_too_large; });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_identity_of_a_process)

BOOST_AUTO_TEST_CASE(finds_the_process_while_it_runs)
{
    waiting_child const subject;
    process_identity const identity = identity_of(subject.number());
    BOOST_TEST(identity.start_time > 0u);
    BOOST_TEST(identity.boot_id.size() == 36u);
    auto const found = find_process(identity);
    BOOST_REQUIRE(found);
    BOOST_TEST(found->number() == subject.number());
}

BOOST_AUTO_TEST_CASE(finds_neither_a_zombie_nor_a_reaped_process)
{
    waiting_child subject;
    process_identity const identity = identity_of(subject.number());
    subject.end();
    BOOST_TEST(!find_process(identity));
    subject.reap();
    BOOST_TEST(!find_process(identity));
}

// QEMU is killed: its first thread is a zombie, and another one still writes to a disk.
BOOST_AUTO_TEST_CASE(finds_a_process_whose_first_thread_alone_has_ended)
{
    ::pid_t const child = ::fork();
    if (child == 0) {
        ::pthread_t other{};
        ::pthread_create(&other, nullptr, [](void*) -> void* { return ::pause(), nullptr; }, nullptr);
        ::syscall(SYS_exit, 0);  // of this thread only
    }
    process_identity const identity = identity_of(child);
    while (status_of(child).state != 'Z')
        ::sched_yield();
    BOOST_TEST(find_process(identity));
    ::kill(child, SIGKILL);
    ::siginfo_t end{};
    ::waitid(P_PID, static_cast<::id_t>(child), &end, WEXITED | WNOWAIT);
    BOOST_TEST(!find_process(identity));
    ::waitpid(child, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(does_not_find_a_process_of_another_start_or_boot)
{
    waiting_child const subject;
    process_identity later = identity_of(subject.number());
    ++later.start_time;
    BOOST_TEST(!find_process(later));
    process_identity other_boot = identity_of(subject.number());
    other_boot.boot_id.back() = other_boot.boot_id.back() == '0' ? '1' : '0';
    BOOST_TEST(!find_process(other_boot));
}

// The file of a process that is reaped after it was opened cannot be read: ESRCH. A directory cannot be read, either.
BOOST_AUTO_TEST_CASE(is_not_found_in_a_file_that_opens_and_cannot_be_read)
{
    BOOST_TEST(read_process_status("/proc/self").state == 'X');
    BOOST_TEST(read_process_status("/no/such/file").state == 'X');
    BOOST_TEST(read_process_status("/proc/self/stat").state != 'X');
}

BOOST_AUTO_TEST_CASE(of_an_impossible_process_number_finds_nothing)
{
    BOOST_TEST(!find_process({}));
    BOOST_TEST(!find_process({-1, 1, "x"}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_version_of_a_program)

BOOST_AUTO_TEST_CASE(is_read_from_what_it_prints)
{
    auto const read = [](char const* text) {
        auto const version = parse_program_version(text);
        return version
                   ? std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' + std::to_string(version->micro)
                   : "none";
    };
    BOOST_TEST(read("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c) 2003-2022\n") == "7.2.22");
    BOOST_TEST(read("QEMU emulator version 10.0.2 (qemu-10.0.2-1.fc43)\n") == "10.0.2");
    BOOST_TEST(read("QEMU emulator version 9.2\n") == "9.2.0");
    BOOST_TEST(read("QEMU emulator version 9.1.50 (v9.1.0-123-gdeadbeef-dirty)\n") == "9.1.50");
    for (char const* const text :
         {"", "QEMU emulator version", "QEMU emulator version ", "QEMU emulator version x.y", "QEMU emulator version 7",
          "QEMU emulator version 7.x", "QEMU emulator version -7.2.0", "QEMU emulator version 7.-0",
          "QEMU emulator version 99999999999.1.1", "Docker version 24.0.1"})
        BOOST_TEST(read(text) == "none");
}

BOOST_AUTO_TEST_CASE(is_asked_of_the_program_itself)
{
    process_options how;
    auto const qemu = version_of_program(how);
    BOOST_REQUIRE(qemu.has_value());
    BOOST_TEST(qemu->major >= 2);
    BOOST_TEST((version_of_program(how) == qemu));
    how.program = "no-such-program";
    BOOST_TEST(!version_of_program(how));
    how.program = "/bin/false";
    BOOST_TEST(!version_of_program(how));
}

BOOST_AUTO_TEST_SUITE_END()
