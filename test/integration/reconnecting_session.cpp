// A session that connects again: its status, when it gives up, and how it takes connections from a listener.
#include "support/conversation.hpp"
#include "support/reconnecting.hpp"
#include "support/spawned.hpp"

#include <coqmp/listener.hpp>

#include <boost/asio/post.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::connection_state;
using coqmp::connection_status;
using coqmp::errc;
using coqmp::reconnecting_session;
using coqmp::unsent_commands;

BOOST_AUTO_TEST_SUITE(a_reconnecting_session)

// ---- Its status ------------------------------------------------------------------------------------------------------------

COROUTINE_TEST_CASE(reports_connected_lost_and_back)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    BOOST_TEST((monitor.client.status().state == connection_state::idle));
    co_await monitor.begin();
    connection_status const first = monitor.client.status();
    BOOST_TEST(first.is_connected());
    BOOST_TEST(!first.is_back());
    BOOST_TEST(first.greeting->version.major == 7);
    connection_status const lost = co_await monitor.lose();
    BOOST_TEST(lost.reason == errc::disconnected);
    BOOST_TEST((lost.pause == 100ms));
    BOOST_TEST(lost.failed_attempts == 0U);
    co_await monitor.return_after(100ms);
    connection_status const back = monitor.client.status();
    BOOST_TEST(back.is_back());
    BOOST_TEST(back.connections == 2U);
    BOOST_TEST(!back.reason);
}

COROUTINE_TEST_CASE(does_nothing_before_it_is_started)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    monitor.time.advance(1h);
    co_await settle();
    BOOST_TEST(monitor.client.status().number == 0U);
    auto const asked = monitor.ask("query-status");
    error_code const error = co_await asked.done();
    BOOST_TEST(is_unsent(error));
}

COROUTINE_TEST_CASE(tries_with_growing_pauses_until_there_is_a_monitor)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    completion<> connected(monitor.executor);
    monitor.client.async_wait_connected(connected.token());
    connection_status now = co_await reach(monitor.client, connection_state::connecting);
    for (auto const pause : {100ms, 200ms, 400ms}) {
        while (now.pause != pause) {
            auto change = monitor.client.async_wait_change(now, asio::deferred);
            now = co_await std::move(change);
        }
        BOOST_TEST((now.state == connection_state::connecting));
        BOOST_TEST(now.reason == boost::system::errc::no_such_file_or_directory);
        monitor.time.advance(pause - 1ns);
        co_await settle();
        BOOST_TEST((monitor.client.status().pause == pause));
        if (pause == 400ms)
            monitor.appear();
        monitor.time.advance(1ns);
    }
    co_await monitor.meet();
    error_code const error = co_await connected.done();
    BOOST_TEST(!error);
    BOOST_TEST(monitor.client.status().failed_attempts == 0U);
}

COROUTINE_TEST_CASE(does_not_call_a_peer_in_a_tight_loop_that_ends_every_connection)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    for (auto const pause : {100ms, 200ms, 400ms}) {
        connection_status const lost = co_await monitor.lose();
        BOOST_TEST((lost.pause == pause));
        co_await monitor.return_after(pause);
    }
    monitor.time.advance(10s);
    connection_status const lost = co_await monitor.lose();
    BOOST_TEST((lost.pause == 100ms));
}

COROUTINE_TEST_CASE(tries_again_after_a_peer_that_is_not_a_monitor)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    monitor.appear();
    monitor.client.start();
    co_await monitor.peer->accept();
    monitor.peer->say("SSH-2.0\n");
    connection_status now = co_await reach(monitor.client, connection_state::connecting);
    while (now.failed_attempts == 0) {
        auto change = monitor.client.async_wait_change(now, asio::deferred);
        now = co_await std::move(change);
    }
    BOOST_TEST(now.reason == errc::not_json);
    co_await monitor.return_after(now.pause);
}

// ---- Its end ---------------------------------------------------------------------------------------------------------------

COROUTINE_TEST_CASE(closes_with_everything_that_waits)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    co_await monitor.begin();
    auto const sent = monitor.ask("sent");
    co_await monitor.peer->expect("sent");
    completion<> closed(monitor.executor);
    monitor.client.async_close(closed.token());
    BOOST_TEST(!co_await closed.done());
    BOOST_TEST(sent.times() == 1);
    BOOST_TEST(sent.error() == errc::outcome_unknown);
    connection_status const end = co_await reach(monitor.client, connection_state::closed);
    BOOST_TEST(!end.reason);
    completion<> again(monitor.executor);
    monitor.client.async_close(again.token());
    BOOST_TEST(!co_await again.done());
    completion<> connected(monitor.executor);
    monitor.client.async_wait_connected(connected.token());
    BOOST_TEST(co_await connected.done() == asio::error::operation_aborted);
    BOOST_TEST(is_unsent(co_await monitor.ask("late").done()));
}

COROUTINE_TEST_CASE(gives_up_after_so_many_attempts)
{
    auto options = regular_pauses(unsent_commands::wait);
    options.most_attempts = 2;
    std::vector<std::string> sentences;
    options.session.log = [&sentences](coqmp::log_level, std::string_view text) { sentences.emplace_back(text); };
    intermittent_monitor monitor(co_await this_coro::executor, options);
    auto events = monitor.client.subscribe();
    auto const asked = monitor.ask("cont");
    completion<> connected(monitor.executor);
    monitor.client.async_wait_connected(connected.token());
    while (monitor.client.status().failed_attempts == 0)
        co_await asio::post(asio::deferred);
    BOOST_TEST_REQUIRE(sentences.size() == 1U);
    BOOST_TEST(sentences.front().starts_with("Cannot connect to unix:"));
    BOOST_TEST(sentences.front().ends_with("No such file or directory. The next attempt is in 100 ms."));
    monitor.time.advance(100ms);
    error_code const error = co_await connected.done();
    BOOST_TEST(error == boost::system::errc::no_such_file_or_directory);
    BOOST_TEST(is_unsent(co_await asked.done()));
    BOOST_TEST(!co_await events.next());
    BOOST_TEST(monitor.client.status().reason == error);
}

COROUTINE_TEST_CASE(cannot_dial_a_descriptor_again)
{
    auto const executor = co_await this_coro::executor;
    fake_peer peer = fake_peer::pair(executor);
    reconnecting_session client(executor, peer.address());
    completion<> connected(executor);
    client.async_wait_connected(connected.token());
    co_await peer.handshake();
    BOOST_TEST(!co_await connected.done());
    peer.close();
    connection_status const end = co_await reach(client, connection_state::closed);
    BOOST_TEST(end.reason == errc::disconnected);
}

COROUTINE_TEST_CASE(does_nothing_once_it_was_moved_from)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    reconnecting_session moved = std::move(monitor.client);
    reconnecting_session& left = monitor.client;  // NOLINT(bugprone-use-after-move)
    BOOST_TEST(moved.status().is_connected());
    BOOST_TEST((left.get_executor() == monitor.executor));
    BOOST_TEST((left.status().state == connection_state::closed));
    left.start();
    left.close();
    BOOST_TEST(is_unsent(co_await monitor.ask("cont").done()));
    completion<> connected(monitor.executor);
    left.async_wait_connected(connected.token());
    BOOST_TEST(co_await connected.done() == errc::disconnected);
    completion<> closed(monitor.executor);
    left.async_close(closed.token());
    BOOST_TEST(!co_await closed.done());
    connection_status const status = co_await reach(left, connection_state::closed);
    BOOST_TEST(status.reason == errc::disconnected);
    auto events = left.subscribe();
    BOOST_TEST(!co_await events.next());
    spawned thrown(monitor.executor, left.execute("cont"));
    co_await thrown.done();
    BOOST_TEST(is_unsent(thrown.thrown<boost::system::system_error>().code()));
    left = std::move(moved);
    BOOST_TEST(left.status().is_connected());
}

// ---- From a listener -------------------------------------------------------------------------------------------------------

COROUTINE_TEST_CASE(accepts_again_from_a_listener)
{
    auto const executor = co_await this_coro::executor;
    auto& time = simulate_time(executor);
    temporary_directory const directory;
    auto from = std::make_optional<coqmp::listener>(executor, coqmp::endpoint::unix_socket(directory.path() / "monitor"));
    reconnecting_session client(executor, *from, regular_pauses());
    auto events = client.subscribe();
    client.start();
    for (int number = 1; number <= 3; ++number) {
        auto peer = fake_peer::calling(executor, from->local_endpoint());
        co_await peer.handshake();
        connection_status const now = co_await reach(client, connection_state::connected);
        BOOST_TEST(now.connections == static_cast<std::uint64_t>(number));
        peer.event("STOP");
        auto event = co_await events.next();
        if (event && is_event_gap(*event))
            event = co_await events.next();
        BOOST_TEST(event->name == "STOP");
        peer.close();
        connection_status const lost = co_await reach(client, connection_state::lost);
        time.advance(lost.pause);
    }
    co_await settle();
    from.reset();
    connection_status const end = co_await reach(client, connection_state::closed);
    BOOST_TEST(end.reason == asio::error::operation_aborted);
}

COROUTINE_TEST_CASE(gives_up_at_once_with_a_listener_that_was_moved_from)
{
    auto const executor = co_await this_coro::executor;
    temporary_directory const directory;
    coqmp::listener from(executor, coqmp::endpoint::unix_socket(directory.path() / "monitor"));
    coqmp::listener const moved = std::move(from);
    reconnecting_session client(executor, from);  // NOLINT(bugprone-use-after-move)
    client.start();
    connection_status const end = co_await reach(client, connection_state::closed);
    BOOST_TEST(end.reason == errc::disconnected);
}

COROUTINE_TEST_CASE(leaves_connections_of_a_listener_to_others_once_it_is_closed)
{
    auto const executor = co_await this_coro::executor;
    temporary_directory const directory;
    coqmp::listener from(executor, coqmp::endpoint::unix_socket(directory.path() / "monitor"));
    reconnecting_session client(executor, from);
    client.start();
    co_await settle();
    client.close();
    co_await settle();
    completion<coqmp::session> accepted(executor);
    from.async_accept(accepted.token());
    auto peer = fake_peer::calling(executor, from.local_endpoint());
    co_await peer.handshake();
    BOOST_TEST(!co_await accepted.done());
}

BOOST_AUTO_TEST_SUITE_END()
