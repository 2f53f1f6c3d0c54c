// Files in a guest, with a fake agent: each that was opened is closed.
#include "support/agent_stage.hpp"

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;
using coqmp::guest_program;
using coqmp::reply;

COROUTINE_TEST_CASE(files_are_written_and_read_in_chunks)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    std::string content;
    for (int index = 0; index < 500'000; ++index)
        content += static_cast<char>(index * 7 + index / 256);
    co_await now.client.write_file("/a", content);
    BOOST_TEST((now.fake.guest().files["/a"] == content));
    BOOST_TEST(count(now.fake.guest(), "guest-file-write") == 3);
    std::string const read = co_await now.client.read_file("/a");
    BOOST_TEST((read == content));
    std::string const part = co_await now.client.read_file("/a", 100'000, 300'000);
    BOOST_TEST((part == content.substr(100'000, 300'000)));
    std::string const end = co_await now.client.read_file("/a", 499'990, 100);
    BOOST_TEST((end == content.substr(499'990)));
    co_await now.client.write_file("/a", "xyz", 10);
    BOOST_TEST((now.fake.guest().files["/a"] == content.replace(10, 3, "xyz")));
    co_await now.client.write_file("/empty", "");
    std::string const empty = co_await now.client.read_file("/empty");
    BOOST_TEST(empty.empty());
    BOOST_TEST(now.fake.guest().open_files.empty());
}

COROUTINE_TEST_CASE(a_file_is_written_by_an_agent_that_writes_less_than_it_gets)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().most_written = 7;
    co_await now.client.write_file("/a", "0123456789abcdefghij");
    BOOST_TEST(now.fake.guest().files["/a"] == "0123456789abcdefghij");
    now.fake.guest().most_written = 0;
    auto const error = co_await failure_of(counted(now.client.write_file("/a", "x")));
    BOOST_TEST(error == errc::malformed_answer);
    co_await now.fake.until([&] { return now.fake.guest().open_files.empty(); });
}

COROUTINE_TEST_CASE(a_file_is_closed_after_each_kind_of_failure)
{
    coqmp::guest_agent_options options;
    options.max_file_size = 4;
    agent_stage now(co_await this_coro::executor, options);
    co_await now.begin();
    fake_guest& guest = now.fake.guest();
    guest.files["/a"] = "12345";
    auto const missing = co_await failure_of(now.client.read_file("/none"));
    BOOST_TEST((missing == coqmp::error_class::generic_error));
    auto const large = co_await failure_of(now.client.read_file("/a"));
    BOOST_TEST(large == errc::file_too_large);
    guest.refused = {"guest-file-read", "guest-file-write", "guest-file-seek"};
    auto const unread = co_await failure_of(now.client.read_file("/a"));
    BOOST_TEST((unread == coqmp::error_class::generic_error));
    auto const unsought = co_await failure_of(now.client.read_file("/a", 1, 1));
    BOOST_TEST((unsought == coqmp::error_class::generic_error));
    auto const unwritten = co_await failure_of(counted(now.client.write_file("/a", "1")));
    BOOST_TEST((unwritten == coqmp::error_class::generic_error));
    guest.refused.clear();
    guest.answers["guest-file-read"] = json::value("nonsense");
    auto const odd = co_await failure_of(now.client.read_file("/a"));
    BOOST_TEST(odd == errc::malformed_answer);
    co_await now.fake.until([&] { return guest.open_files.empty(); });
    BOOST_TEST(count(guest, "guest-file-open") - 1 == count(guest, "guest-file-close"));
}

COROUTINE_TEST_CASE(a_file_that_was_being_opened_at_a_cancellation_is_closed)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().files["/a"] = "1";
    now.fake.guest().held = {"guest-file-open"};
    beside<std::string> reading(now.executor, now.client.read_file("/a"));
    co_await now.fake.has_received("guest-file-open");
    reading.cancel();
    co_await now.fake.until([&] { return reading.is_over(); });
    BOOST_TEST(reading.error() == asio::error::operation_aborted);
    BOOST_TEST(now.fake.guest().open_files.size() == 1U);
    now.fake.release();
    co_await now.fake.until([&] { return now.fake.guest().open_files.empty(); });
    co_await now.client.ping();
}

COROUTINE_TEST_CASE(a_file_that_could_not_be_closed_is_closed_before_the_connection)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    fake_guest& guest = now.fake.guest();
    guest.files["/a"] = "1";
    guest.lost = {"guest-file-read"};
    beside<std::string> reading(now.executor, now.client.read_file("/a"));
    co_await now.fake.has_received("guest-file-read");
    guest.is_silent = true;
    co_await now.pass_until([&] { return reading.is_over(); });
    auto const ping = now.execute("guest-ping");
    co_await now.pass_until([&] { return ping.times() != 0; });
    BOOST_TEST(ping.error() == errc::agent_not_responding);
    BOOST_TEST(guest.open_files.size() == 1U);
    now.fake.start();
    now.client.close();
    co_await now.fake.until([&] { return guest.open_files.empty(); });
}

COROUTINE_TEST_CASE(files_are_closed_before_the_connection)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().files["/a"] = "1";
    now.fake.guest().held = {"guest-file-read"};
    beside<std::string> reading(now.executor, now.client.read_file("/a"));
    co_await now.fake.has_received("guest-file-read");
    now.client.close();
    co_await now.fake.until([&] { return reading.is_over(); });
    BOOST_TEST(reading.error() == errc::disconnected);
    co_await now.fake.until([&] { return now.fake.guest().open_files.empty(); });
    auto const late = now.execute("guest-ping");
    error_code const error = co_await late.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::not_sent);
}
