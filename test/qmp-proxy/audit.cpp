// The audit log: its lines, its file, and what happens when it cannot be written.
#include "audit/audit_file.hpp"
#include "audit/audit_line.hpp"
#include "audit/audit_log.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <string>

using namespace qmp_proxy;
using namespace std::chrono_literals;
using coqmp::test::contains;
using coqmp::test::times;

namespace {

std::string content(std::filesystem::path const& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

struct record_fixture
{
    record_fixture()
    {
        client.number = 3;
        client.process = 1234;
        client.user = 1000;
    }

    boost::json::object line(coqmp::monitor_audit const& what) const
    {
        std::string const text = audit_line(what, std::chrono::system_clock::time_point(1700000000042ms));
        BOOST_TEST(times(text, "\n") == 1U);
        BOOST_TEST(text.ends_with('\n'));
        return boost::json::parse(text).as_object();
    }

    coqmp::monitor_client client{coqmp::endpoint::unix_socket("/run/a")};
};

struct file_fixture
{
    coqmp::test::temporary_directory directory;
    std::filesystem::path const path = directory.path() / "audit";
};

void ignore(boost::system::error_code, std::uint64_t) {}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_lines, record_fixture)

BOOST_AUTO_TEST_CASE(a_command_that_was_executed)
{
    coqmp::monitor_audit what{client, "read-only", "query-status"};
    what.duration = 1234567ns;
    boost::json::object const expected{{"time", "2023-11-14T22:13:20.042Z"},
                                       {"client", 3},
                                       {"pid", 1234},
                                       {"uid", 1000},
                                       {"socket", "unix:/run/a"},
                                       {"policy", "read-only"},
                                       {"command", "query-status"},
                                       {"outcome", "done"},
                                       {"ms", 1.234}};
    BOOST_TEST(line(what) == expected);
    BOOST_TEST(contains(audit_line(what, {}), "\"ms\":1.234}\n"));
    what.duration = 50us;
    BOOST_TEST(contains(audit_line(what, {}), "\"ms\":0.050}\n"));
}

BOOST_AUTO_TEST_CASE(the_outcomes)
{
    coqmp::monitor_audit what{client, "p", "c"};
    what.error_class = "GenericError";
    BOOST_TEST(line(what).at("outcome").as_string() == "failed");
    BOOST_TEST(line(what).at("error").as_string() == "GenericError");
    what.has_left = true;
    BOOST_TEST(line(what).at("outcome").as_string() == "left");
    what.was_dropped = true;
    BOOST_TEST(line(what).at("outcome").as_string() == "dropped");
    what.was_dropped = false;
    what.was_refused = true;
    BOOST_TEST(line(what).at("outcome").as_string() == "refused");
}

BOOST_AUTO_TEST_CASE(a_client_of_a_port_has_neither_process_nor_user)
{
    coqmp::monitor_client const remote(coqmp::endpoint::tcp("localhost", 1));
    boost::json::object const read = line({remote, "p", "c"});
    BOOST_TEST(!read.contains("pid"));
    BOOST_TEST(!read.contains("uid"));
    BOOST_TEST(read.at("socket").as_string() == "tcp:localhost:1");
}

BOOST_AUTO_TEST_CASE(a_name_that_a_client_has_invented_is_short_and_harmless)
{
    std::string const name = "\x1b[2J\n" + std::string(100'000, 'x');
    boost::json::object const read = line({client, "p", name});
    auto const& command = read.at("command").as_string();
    BOOST_TEST(command.size() <= 100U);
    BOOST_TEST(command.starts_with(R"(\x1b[2J\n)"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(audit_logs, file_fixture)

BOOST_AUTO_TEST_CASE(a_new_file_is_private)
{
    audit_log const log(path, ignore);
    struct ::stat facts = {};
    BOOST_REQUIRE(::stat(path.c_str(), &facts) == 0);
    BOOST_TEST((facts.st_mode & 0777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(lines_are_appended_in_order_before_the_log_is_destroyed)
{
    std::ofstream(path) << "before\n";
    {
        audit_log log(path, ignore);
        for (int number = 0; number < 1000; ++number)
            log.write(std::to_string(number) + '\n');
    }
    std::string expected = "before\n";
    for (int number = 0; number < 1000; ++number)
        expected += std::to_string(number) + '\n';
    BOOST_TEST(content(path) == expected);
}

BOOST_AUTO_TEST_CASE(lines_after_a_rotation_go_to_the_new_file)
{
    std::filesystem::path const old = directory.path() / "audit.1";
    {
        audit_log log(path, ignore);
        log.write("one\n");
        std::filesystem::rename(path, old);
        log.write("two\n");
        log.reopen();
        log.write("three\n");
    }
    BOOST_TEST(content(old) == "one\ntwo\n");
    BOOST_TEST(content(path) == "three\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_is_reported)
{
    BOOST_CHECK_THROW(audit_log(directory.path() / "no" / "audit", ignore), boost::system::system_error);
    std::filesystem::create_symlink("/dev/full", path);
    BOOST_CHECK_THROW(audit_log(path, ignore), boost::system::system_error);  // a link is not followed
}

BOOST_AUTO_TEST_CASE(a_reopening_that_fails_is_reported_once_and_the_old_file_stays)
{
    std::filesystem::path const folder = directory.path() / "folder";
    std::filesystem::path const moved = directory.path() / "moved";
    std::filesystem::create_directory(folder);
    int failures = 0;
    {
        audit_log log(folder / "audit",
                      [&failures](boost::system::error_code error, std::uint64_t) { failures += error ? 1 : 0; });
        std::filesystem::rename(folder, moved);
        log.reopen();
        log.write("kept\n");
    }
    BOOST_TEST(failures == 1);
    BOOST_TEST(content(moved / "audit") == "kept\n");
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_reported_once_and_lines_are_counted)
{
    auto const failures = std::make_shared<std::promise<boost::system::error_code>>();
    {
        audit_log full("/dev/full", [failures](boost::system::error_code error, std::uint64_t) { failures->set_value(error); });
        full.write("one\ntwo\n");
        BOOST_TEST((failures->get_future().get() == boost::system::errc::no_space_on_device));
        BOOST_TEST(full.lost() == 2U);
        full.write("three\n");  // a second report would throw on the log's thread
    }
}

BOOST_AUTO_TEST_CASE(a_log_that_can_be_written_again_says_how_much_is_missing)
{
    // A pipe that is full, and then is not.
    BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    int const reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    coqmp::descriptor const closes(reader);
    audit_file file(path);
    BOOST_REQUIRE(!file.reopen());
    std::string const block(4096, 'x');
    while (!file.write(block)) {
    }
    BOOST_TEST((file.write("lost\n") == boost::system::errc::resource_unavailable_try_again));
    std::string drained(std::size_t{1} << 20, '\0');
    BOOST_REQUIRE(::read(reader, drained.data(), drained.size()) > 0);
    BOOST_TEST(!file.write("found\n"));
    ssize_t const size = ::read(reader, drained.data(), drained.size());
    BOOST_TEST(contains(std::string_view(drained).substr(0, static_cast<std::size_t>(size)), "found\n"));
}

BOOST_AUTO_TEST_SUITE_END()
