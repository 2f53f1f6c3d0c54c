// The deadlines of a session, in simulated time.
#include "support/conversation.hpp"
#include "support/simulated_time.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <exception>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;

COROUTINE_TEST_CASE(a_command_has_two_minutes_by_default)
{
    auto const executor = co_await this_coro::executor;
    auto& time = simulate_time(executor);
    conversation talk(executor);
    co_await talk.begin();
    auto asked = talk.ask("query-status");
    co_await talk.peer.expect("query-status");
    time.advance(2min - 1ns);
    co_await asio::post(executor, asio::deferred);
    BOOST_TEST(asked.times() == 0);
    time.advance(1ns);
    error_code const error = co_await asked.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::outcome_unknown);
}

COROUTINE_TEST_CASE(a_command_that_expires_in_the_queue_is_never_sent)
{
    auto const executor = co_await this_coro::executor;
    auto& time = simulate_time(executor);
    coqmp::session_options options;
    options.in_band_window = 1;
    conversation talk(executor, options);
    co_await talk.begin();
    auto first = talk.ask(command("first").timeout(1h));
    auto second = talk.ask(command("second").timeout(2s));
    auto third = talk.ask(command("third").timeout(1s));
    co_await talk.peer.expect("first");
    time.advance(2s);
    for (auto const* each : {&second, &third}) {
        error_code const error = co_await each->done();
        BOOST_TEST(error == errc::timed_out);
        BOOST_TEST(error == errc::not_sent);
    }
    time.advance(1h);
    error_code const error = co_await first.done();
    BOOST_TEST(error == errc::outcome_unknown);
    BOOST_TEST(talk.client.counters().commands == 1U);
}

COROUTINE_TEST_CASE(a_reply_that_has_arrived_wins_over_the_deadline)
{
    auto const executor = co_await this_coro::executor;
    auto& time = simulate_time(executor);
    conversation talk(executor);
    co_await talk.begin();
    auto asked = talk.ask(command("query-status").timeout(1s));
    co_await talk.peer.expect("query-status");
    talk.peer.say(R"({"return": {}, "id": 1})");
    time.advance(1h);
    error_code const error = co_await asked.done();
    BOOST_TEST(error == error_code());
}

COROUTINE_TEST_CASE(a_monitor_that_stays_silent_is_busy)
{
    auto const executor = co_await this_coro::executor;
    auto& time = simulate_time(executor);
    conversation talk(executor);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    while (connected.times() == 0) {
        time.advance(10s);
        co_await asio::post(executor, asio::deferred);
    }
    BOOST_TEST(connected.error() == errc::monitor_busy);
}

COROUTINE_TEST_CASE(an_event_that_does_not_come_is_missing_at_the_deadline_of_its_command)
{
    auto const executor = co_await this_coro::executor;
    auto& time = simulate_time(executor);
    conversation talk(executor);
    co_await talk.begin();
    error_code why;
    bool is_over = false;
    auto const ended = [&](std::exception_ptr failure, coqmp::event const&) {
        is_over = true;
        try {
            std::rethrow_exception(failure);
        } catch (boost::system::system_error const& error) {
            why = error.code();
        }
    };
    command removal("device_del");
    removal.timeout(10s);
    asio::co_spawn(executor, talk.client.execute_until(std::move(removal), "DEVICE_DELETED"), ended);
    co_await talk.peer.serve("device_del");
    while (talk.client.counters().replies == 0)
        co_await asio::post(executor, asio::deferred);
    BOOST_TEST(!is_over);
    time.advance(10s);
    while (!is_over)
        co_await asio::post(executor, asio::deferred);
    BOOST_TEST(why == errc::event_missing);
}
