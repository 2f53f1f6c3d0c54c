// What a daemon keeps of each machine for the next one.
#include "daemon/configuration/problem_list.hpp"
#include "stored/accepted_file.hpp"
#include "stored/left_machines.hpp"
#include "stored/state_files.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace asio = boost::asio;
using namespace coqmpd;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;

namespace {

machine_file parse(std::string const& text)
{
    return parse_machine_file(text, "vm.toml");
}

std::string const text_of_file = "arguments = ['-S', \"\\\"\"]\n";

accepted_file example()
{
    accepted_file result;
    result.text = text_of_file;
    result.user = "64055";
    result.group = "107";
    result.launches = {{{"-S", "\""}, "/"}, {{}, "/var"}};
    return result;
}

/// The files in a directory, and what was wrong.
class kept_files
{
public:
    explicit kept_files(asio::any_io_executor const& executor)
        : files_(executor, directory_.path().native(),
                 [this](std::string const& machine, std::string const& why) { failures_ += machine + ": " + why + '\n'; })
    {}

    [[nodiscard]] state_files& files() noexcept { return files_; }
    [[nodiscard]] std::filesystem::path path(char const* name) const { return directory_.path() / name; }
    [[nodiscard]] std::string const& failures() const noexcept { return failures_; }

private:
    coqmp::test::temporary_directory directory_;
    std::string failures_;
    state_files files_;
};

/// The lock that a QEMU inherits.
class held_lock
{
public:
    explicit held_lock(std::filesystem::path const& file) : number_(::open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600))
    {
        BOOST_REQUIRE(::flock(number_, LOCK_EX | LOCK_NB) == 0);
    }
    held_lock(held_lock const&) = delete;
    held_lock& operator=(held_lock const&) = delete;
    ~held_lock() { ::close(number_); }

private:
    int number_;
};

left_machine left(std::optional<machine_file> const& file, bool has_process)
{
    left_machine result;
    result.known.file = file;
    result.has_process = has_process;
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accepted_files, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(what_was_written_is_read_again)
{
    auto const read = parse_accepted_file(to_string(example()));
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((*read == example()));
    BOOST_TEST((parse_accepted_file(to_string(accepted_file())) == accepted_file()));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_nothing)
{
    std::string const good = to_string(example());
    for (std::string const& each : {std::string(), std::string("{}"), std::string("[1]"), good.substr(0, good.size() - 1),
                                    R"({"format":2)" + good.substr(11)})
        BOOST_TEST(!parse_accepted_file(each).has_value());
}

BOOST_AUTO_TEST_CASE(an_account_that_is_gone_is_used_by_its_number)
{
    accepted_file gone;
    gone.text = "arguments = []\nuser = 'no-such-user'\n[monitor]\nowner = 'no-such-user'\ngroup = 'no-such-group'\n";
    gone.user = "64055";
    gone.group = "107";
    machine_file const read = machine_of(gone, "vm");
    BOOST_TEST(read.user == "64055");
    BOOST_TEST(read.group == "107");
    BOOST_TEST(!read.monitor.owner.has_value());
    BOOST_TEST(!read.monitor.group.has_value());
    BOOST_CHECK_THROW((void)parse(gone.text), coqmp_daemon::configuration_error);
}

BOOST_AUTO_TEST_CASE(an_account_that_exists_is_used_by_its_name)
{
    accepted_file const stored = accept(parse("arguments = []\nuser = 'root'\n"), {});
    BOOST_TEST(stored.user == "0");
    BOOST_TEST(stored.group == "0");
    machine_file const read = machine_of(stored, "vm");
    BOOST_TEST(read.user == "root");
    BOOST_TEST(read.group.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(files_of_the_state, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(what_was_kept_is_found)
{
    kept_files kept(co_await asio::this_coro::executor);
    state_files& files = kept.files();
    BOOST_TEST(!files.read_accepted("vm").has_value());
    BOOST_TEST(!files.read_reported("vm").has_value());
    files.keep("vm", parse(text_of_file), {arguments_of(parse(text_of_file))});
    files.keep("vm", reported_state{lifecycle::given_up, lifecycle_reason::panicked});
    co_await files.finish();
    auto const accepted = files.read_accepted("vm");
    BOOST_REQUIRE(accepted.has_value());
    BOOST_TEST(accepted->text == text_of_file);
    BOOST_TEST(accepted->launches.size() == 1U);
    auto const reported = files.read_reported("vm");
    BOOST_TEST((reported == reported_state{lifecycle::given_up, lifecycle_reason::panicked}));
    struct ::stat facts = {};
    BOOST_REQUIRE(::stat(kept.path("vm/file").c_str(), &facts) == 0);
    BOOST_TEST((facts.st_mode & 07777U) == 0600U);
    BOOST_TEST(kept.failures().empty());
}

COROUTINE_TEST_CASE(a_file_that_has_not_changed_is_not_written_again)
{
    kept_files kept(co_await asio::this_coro::executor);
    kept.files().keep("vm", parse(text_of_file), {});
    co_await kept.files().finish();
    struct ::stat before = {};
    BOOST_REQUIRE(::stat(kept.path("vm/file").c_str(), &before) == 0);
    std::filesystem::create_hard_link(kept.path("vm/file"), kept.path("kept"));  // so that its inode is not used again
    kept.files().keep("vm", parse(text_of_file), {});
    co_await kept.files().finish();
    struct ::stat after = {};
    BOOST_REQUIRE(::stat(kept.path("vm/file").c_str(), &after) == 0);
    BOOST_TEST(before.st_ino == after.st_ino);
}

COROUTINE_TEST_CASE(what_is_forgotten_is_removed)
{
    kept_files kept(co_await asio::this_coro::executor);
    kept.files().keep("vm", parse(text_of_file), {});
    kept.files().keep("vm", reported_state());
    kept.files().forget("vm");
    co_await kept.files().finish();
    BOOST_TEST(!std::filesystem::exists(kept.path("vm")));
}

COROUTINE_TEST_CASE(a_file_that_cannot_be_written_is_reported)
{
    kept_files kept(co_await asio::this_coro::executor);
    std::ofstream(kept.path("vm")).flush();
    kept.files().keep("vm", reported_state());
    co_await kept.files().finish();
    BOOST_TEST(kept.failures().starts_with("vm: cannot "));
}

COROUTINE_TEST_CASE(a_qemu_that_lives_holds_the_lock)
{
    kept_files kept(co_await asio::this_coro::executor);
    BOOST_TEST(!kept.files().has_process("vm"));
    std::filesystem::create_directory(kept.path("vm"));
    std::ofstream(kept.path("vm/lock")).flush();
    BOOST_TEST(!kept.files().has_process("vm"));
    held_lock const lock(kept.path("vm/lock"));
    BOOST_TEST(kept.files().has_process("vm"));
}

COROUTINE_TEST_CASE(the_machines_of_an_earlier_daemon_are_read)
{
    kept_files kept(co_await asio::this_coro::executor);
    kept.files().keep("a", parse(text_of_file), {arguments_of(parse(text_of_file))});
    kept.files().keep("b", parse(text_of_file), {arguments_of(parse(text_of_file))});
    kept.files().keep("b", reported_state{lifecycle::running, lifecycle_reason::none});
    co_await kept.files().finish();
    held_lock const lock(kept.path("b/lock"));
    left_machines const found = read_left_machines(kept.files(), {"a", "b", "c"});
    BOOST_TEST(found.at("a").known.file.has_value());
    BOOST_TEST(found.at("a").known.launches.empty());
    BOOST_TEST(!found.at("a").has_process);
    BOOST_TEST(found.at("b").has_process);
    BOOST_TEST(found.at("b").known.launches.size() == 1U);
    BOOST_TEST(found.at("b").reported.has_value());
    BOOST_TEST(!found.at("c").known.file.has_value());
}

BOOST_AUTO_TEST_CASE(the_last_accepted_file_is_used_if_the_present_one_is_refused_or_its_qemu_lives)
{
    machine_set present;
    present.machines.emplace("good", parse(text_of_file));
    present.refused.insert("bad");
    std::optional<machine_file> const file = parse(text_of_file);
    for (bool const has_process : {false, true}) {
        BOOST_TEST(!is_restored("good", left(file, has_process), present));
        BOOST_TEST(is_restored("bad", left(file, has_process), present));
        BOOST_TEST(is_restored("gone", left(file, has_process), present) == has_process);
        BOOST_TEST(!is_restored("bad", left(std::nullopt, has_process), present));
    }
}

BOOST_AUTO_TEST_SUITE_END()
