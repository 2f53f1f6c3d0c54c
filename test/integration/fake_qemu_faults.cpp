// What goes wrong between a fake QEMU and its clients when a test wants it.
#include <coqmp/testing/fake_qemu.hpp>

#include "support/run.hpp"
#include "support/served_monitor.hpp"
#include "support/simulated_time.hpp"
#include "support/spawned.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;
using coqmp::command;
using coqmp::endpoint;
using namespace coqmp::test;
using coqmp::testing::fake_qemu;

namespace {

asio::awaitable<void> connect(endpoint monitor)
{
    coqmp::session const client = co_await connect_to(std::move(monitor));
}

/// Why a session cannot connect while time passes.
asio::awaitable<error_code> connect_failure(simulated_time& time, endpoint monitor)
{
    auto const executor = co_await asio::this_coro::executor;
    spawned<void> client(executor, connect(std::move(monitor)));
    for (int turn = 0; turn < 20; ++turn)
        co_await asio::post(executor, asio::use_awaitable);
    time.advance(std::chrono::seconds(30));
    co_await client.done();
    co_return client.thrown<system_error>().code();
}

/// The failure of a command that nothing disturbs but the peer.
asio::awaitable<error_code> failure_of(coqmp::session& client, command what)
{
    error_code result;
    try {
        co_await client.execute(std::move(what));
    } catch (system_error const& failure) {
        result = failure.code();
    }
    co_return result;
}

/// Reads to the end of a connection. @return what was read, and then the error
template <class Socket>
asio::awaitable<std::pair<std::string, error_code>> read_all(Socket& socket)
{
    std::pair<std::string, error_code> result;
    co_await asio::async_read(socket, asio::dynamic_buffer(result.first),
                              asio::redirect_error(asio::use_awaitable, result.second));
    co_return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fake_qemu_faults)

COROUTINE_TEST_CASE(a_qemu_that_does_not_greet_is_busy)
{
    auto const executor = co_await asio::this_coro::executor;
    auto& time = simulate_time(executor);
    fake_qemu qemu{executor};
    qemu.line().pause_after(0);
    BOOST_TEST((co_await connect_failure(time, qemu.pair()) == coqmp::errc::monitor_busy));
    spawned<void> later(executor, connect(qemu.pair()));
    co_await asio::post(executor, asio::use_awaitable);
    qemu.line().heal();
    co_await later.done();
    BOOST_TEST(!later.threw());
}

COROUTINE_TEST_CASE(a_qemu_that_greets_and_does_not_answer_is_late)
{
    auto const executor = co_await asio::this_coro::executor;
    auto& time = simulate_time(executor);
    fake_qemu qemu{executor};
    qemu.line().pause_after(1);
    BOOST_TEST((co_await connect_failure(time, qemu.pair()) == coqmp::errc::timed_out));
    BOOST_TEST(qemu.count("qmp_capabilities") == 1U);
}

COROUTINE_TEST_CASE(a_silent_qemu_can_be_killed)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    coqmp::session client = co_await connect_to(qemu.pair());
    qemu.line().pause_after(0);
    qemu.handle("query-status", [&](coqmp::monitor_request request) {
        request.answer();  // is never heard
        qemu.kill();
    });
    BOOST_TEST((co_await failure_of(client, "query-status") == coqmp::errc::outcome_unknown));
}

COROUTINE_TEST_CASE(stale_replies_and_garbage_reach_the_client)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    coqmp::session client = co_await connect_to(qemu.pair());
    qemu.line().say_stale_reply(4711);
    BOOST_TEST((co_await client.execute("query-status")).at("running") == json::value(true));
    BOOST_TEST(client.counters().unknown_ids == 1U);
    qemu.line().say("this is not JSON\r\n");
    BOOST_TEST((co_await failure_of(client, "query-status") == coqmp::errc::not_json));
}

COROUTINE_TEST_CASE(a_flood_keeps_its_order_and_its_place)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    coqmp::session client = co_await connect_to(qemu.pair());
    coqmp::event_stream events = client.subscribe({"FLOOD", "STOP", "RESUME"});
    co_await client.execute("stop");
    qemu.line().flood(500);
    co_await client.execute("cont");
    auto event = co_await events.next();
    BOOST_TEST(event->name == "STOP");
    for (int number = 0; number < 500; ++number) {
        event = co_await events.next();
        BOOST_REQUIRE(event->data.at("number") == json::value(number));
    }
    event = co_await events.next();
    BOOST_TEST(event->name == "RESUME");
    BOOST_TEST(event->lost_before == 0U);
}

COROUTINE_TEST_CASE(messages_are_split_at_every_byte)
{
    auto const executor = co_await asio::this_coro::executor;
    for (std::size_t const size : {std::size_t{1}, std::size_t{7}}) {
        fake_qemu qemu{executor};
        qemu.line().split(size);
        asio::local::stream_protocol::socket socket(executor);
        endpoint const other = qemu.pair();
        socket.assign({}, ::dup(other.descriptor_number()));
        std::string all;
        while (!all.ends_with('\n')) {
            std::string part(100, ' ');
            std::size_t const got = co_await socket.async_read_some(asio::buffer(part), asio::use_awaitable);
            BOOST_REQUIRE(got <= size);
            all += part.substr(0, got);
        }
        BOOST_TEST(all.starts_with(R"({"QMP": )"));
        coqmp::session client = co_await connect_to(qemu.pair());
        BOOST_TEST((co_await client.execute("query-status")).at("running") == json::value(true));
    }
}

COROUTINE_TEST_CASE(a_message_ends_in_the_middle_at_every_byte)
{
    auto const executor = co_await asio::this_coro::executor;
    for (std::size_t bytes = 0; bytes < 110; bytes += 9) {  // of the greeting
        fake_qemu qemu{executor};
        qemu.line().end_after(0, bytes);
        endpoint const other = qemu.pair();
        asio::local::stream_protocol::socket socket(executor);
        socket.assign({}, ::dup(other.descriptor_number()));
        auto const [text, end] = co_await read_all(socket);
        BOOST_TEST(end == asio::error::eof);
        BOOST_TEST(text.size() == bytes);
    }
}

COROUTINE_TEST_CASE(a_session_whose_reply_is_cut_is_disconnected)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    coqmp::session client = co_await connect_to(qemu.pair());
    qemu.line().end_after(1, 10);
    co_await client.execute("query-status");
    auto const error = co_await failure_of(client, "query-status");
    BOOST_TEST((error == coqmp::errc::disconnected));
    BOOST_TEST((error == coqmp::errc::outcome_unknown));
    BOOST_TEST(qemu.count("query-status") == 2U);
    BOOST_TEST(!qemu.has_ended());
}

COROUTINE_TEST_CASE(a_fault_concerns_later_connections_until_it_is_healed)
{
    auto const executor = co_await asio::this_coro::executor;
    temporary_directory const directory;
    fake_qemu qemu{executor};
    endpoint const address = qemu.listen(endpoint::unix_socket((directory.path() / "monitor").native()));
    for (std::size_t const messages : {std::size_t{0}, std::size_t{1}}) {
        qemu.line().end_after(messages);
        spawned<void> client(executor, connect(address));
        co_await client.done();
        BOOST_TEST((client.thrown<system_error>().code() == coqmp::errc::disconnected));
    }
    qemu.line().heal();
    coqmp::session client = co_await connect_to(address);
    co_await client.execute("query-status");
}

COROUTINE_TEST_CASE(a_tcp_connection_is_reset_in_a_message)
{
    auto const executor = co_await asio::this_coro::executor;
    fake_qemu qemu{executor};
    endpoint const address = qemu.listen(endpoint::tcp("127.0.0.1", 0));
    qemu.line().reset_after(0, 20);
    asio::ip::tcp::socket socket(executor);
    co_await socket.async_connect({asio::ip::make_address(address.host()), address.port()}, asio::use_awaitable);
    auto const [text, end] = co_await read_all(socket);
    BOOST_TEST(text.size() <= 20U);
    BOOST_TEST(end == asio::error::connection_reset);
}

COROUTINE_TEST_CASE(a_unix_connection_is_reset_when_the_client_sends_more)
{
    auto const executor = co_await asio::this_coro::executor;
    fake_qemu qemu{executor};
    qemu.line().reset_after(0, 20);
    endpoint const other = qemu.pair();
    asio::local::stream_protocol::socket socket(executor);
    socket.assign({}, ::dup(other.descriptor_number()));
    std::string text(20, ' ');
    co_await asio::async_read(socket, asio::buffer(text), asio::use_awaitable);
    BOOST_TEST(text.starts_with(R"({"QMP": )"));
    co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
    auto const [rest, end] = co_await read_all(socket);
    BOOST_TEST(rest.empty());
    BOOST_TEST(end == asio::error::connection_reset);
}

BOOST_AUTO_TEST_SUITE_END()
