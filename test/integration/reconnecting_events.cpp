// The event streams of a session that connects again: they go on, and each gap is marked.
#include "support/conversation.hpp"
#include "support/reconnecting.hpp"

#include <coqmp/values.hpp>

#include <boost/asio/post.hpp>

#include <chrono>
#include <string>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::connection_state;
using coqmp::connection_status;
using coqmp::errc;

BOOST_AUTO_TEST_SUITE(a_reconnecting_session)

COROUTINE_TEST_CASE(marks_each_gap_once_in_every_stream_whatever_its_filter_is)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    auto all = monitor.client.subscribe();
    auto some = monitor.client.subscribe("STOP");
    co_await monitor.begin();
    monitor.peer->event("RESUME");
    monitor.peer->event("STOP");
    co_await monitor.peer->flushed();
    co_await monitor.lose();
    auto late = monitor.client.subscribe();
    co_await monitor.return_after(100ms);
    monitor.peer->event("STOP");
    co_await monitor.lose();
    co_await monitor.return_after(200ms);
    co_await monitor.lose();  // a connection without events
    co_await monitor.return_after(400ms);
    BOOST_TEST(take_names(all) == "RESUME STOP | STOP | | ");
    BOOST_TEST(take_names(some) == "STOP | STOP | | ");
    BOOST_TEST(take_names(late) == "| STOP | | ");
}

COROUTINE_TEST_CASE(says_in_the_marker_why_and_when_the_connection_was_lost)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    auto events = monitor.client.subscribe("STOP");
    co_await monitor.begin();
    auto const before = std::chrono::system_clock::now();
    co_await monitor.lose();
    auto const after = std::chrono::system_clock::now();
    BOOST_TEST(take_names(events).empty());
    co_await monitor.return_after(100ms);
    auto const marker = events.try_next();
    BOOST_REQUIRE(marker);
    BOOST_TEST(marker->get<std::string>("reason") == make_error_code(errc::disconnected).message());
    BOOST_TEST((*marker->timestamp >= before && *marker->timestamp <= after));
}

COROUTINE_TEST_CASE(says_in_the_marker_that_the_peer_sent_something_else)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    auto events = monitor.client.subscribe("STOP");
    co_await monitor.begin();
    monitor.peer->say("SSH-2.0\n");
    connection_status const lost = co_await reach(monitor.client, connection_state::lost);
    BOOST_TEST(lost.reason == errc::not_json);
    monitor.peer->close();
    monitor.vanish();
    monitor.time.advance(100ms);
    co_await settle();  // this attempt fails for another reason
    monitor.appear();
    co_await monitor.return_after(200ms);
    auto const marker = events.try_next();
    BOOST_REQUIRE(marker);
    BOOST_TEST(marker->get<std::string>("reason") == make_error_code(errc::not_json).message());
}

COROUTINE_TEST_CASE(marks_no_gap_while_it_tries_in_vain)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    auto events = monitor.client.subscribe();
    co_await monitor.begin();
    monitor.vanish();
    connection_status now = co_await reach(monitor.client, connection_state::lost);
    while (now.failed_attempts < 5) {
        monitor.time.advance(now.pause);
        auto change = monitor.client.async_wait_change(now, asio::deferred);
        now = co_await std::move(change);
    }
    BOOST_TEST(take_names(events).empty());
    monitor.appear();
    co_await monitor.return_after(now.pause);
    BOOST_TEST(take_names(events) == "| ");
}

COROUTINE_TEST_CASE(delivers_the_marker_before_events_that_come_with_the_handshake)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    auto events = monitor.client.subscribe();
    co_await monitor.begin();
    co_await monitor.lose();
    monitor.time.advance(100ms);
    co_await monitor.peer->accept();
    monitor.peer->greet();
    auto const id = co_await monitor.peer->expect("qmp_capabilities");
    monitor.peer->event("EARLY");
    monitor.peer->answer(id);
    monitor.peer->event("LATER");
    co_await reach(monitor.client, connection_state::connected);
    while (!monitor.client.status().is_connected())
        co_await settle();
    std::string seen = take_names(events);
    while (seen.find("LATER") == std::string::npos) {
        co_await asio::post(asio::deferred);
        seen += take_names(events);
    }
    BOOST_TEST(seen == "| EARLY LATER ");
}

COROUTINE_TEST_CASE(counts_a_dropped_marker_as_a_lost_event)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    auto events = monitor.client.subscribe({}, 1);
    co_await monitor.begin();
    co_await monitor.lose();
    co_await monitor.return_after(100ms);
    monitor.peer->event("STOP");
    co_await monitor.peer->flushed();
    co_await monitor.lose();
    auto const event = co_await events.next();
    BOOST_TEST(event->name == "STOP");
    BOOST_TEST(event->lost_before == 1U);
    BOOST_TEST(events.lost() == 1U);
}

COROUTINE_TEST_CASE(ends_its_streams_only_when_it_is_closed)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    auto events = monitor.client.subscribe();
    completion<coqmp::event> waiting(monitor.executor);
    events.async_next(waiting.token());
    co_await monitor.begin();
    co_await monitor.lose();
    BOOST_TEST(waiting.times() == 0);
    monitor.client.close();
    error_code const error = co_await waiting.done();
    BOOST_TEST(error == errc::end_of_stream);
    auto late = monitor.client.subscribe();
    BOOST_TEST(!co_await late.next());
}

BOOST_AUTO_TEST_SUITE_END()
