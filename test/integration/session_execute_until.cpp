// execute_until(): a command and the event that it brings about.
#include "support/conversation.hpp"
#include "support/simulated_time.hpp"
#include "support/spawned.hpp"

#include <boost/asio/deferred.hpp>

#include <chrono>
#include <string_view>
#include <vector>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

namespace {

using awaited = spawned<coqmp::event>;

command within(command what, std::chrono::nanoseconds time)
{
    return std::move(what.timeout(time));
}

/// Seven commands that are not answered: QEMU's queue is full, and the next command is not sent.
asio::awaitable<std::vector<completion<reply>>> fill_window(conversation& talk, std::vector<json::value>& ids)
{
    std::vector<completion<reply>> replies;
    for (int index = 0; index < 7; ++index)
        replies.push_back(talk.ask("slow"));
    for (int index = 0; index < 7; ++index) {
        json::value id = co_await talk.peer.expect("slow");
        ids.push_back(std::move(id));
    }
    co_return replies;
}

/// An event has reached the session.
asio::awaitable<void> deliver(conversation& talk, std::string_view name, json::object data = {})
{
    auto stream = talk.client.subscribe();
    talk.peer.event(name, data);
    co_await stream.async_next(asio::deferred);
}

}  // namespace

COROUTINE_TEST_CASE(execute_until_returns_an_event_that_comes_before_the_reply)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    awaited wait(talk.client.get_executor(), talk.client.execute_until("cont", "RESUME"));
    json::value const id = co_await talk.peer.expect("cont");
    talk.peer.event("STOP");
    talk.peer.event("RESUME");
    talk.peer.answer(id);
    co_await wait.done();
    BOOST_TEST(wait.value().name == "RESUME");
}

COROUTINE_TEST_CASE(execute_until_returns_an_event_that_comes_after_the_reply)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    awaited wait(talk.client.get_executor(),
                 talk.client.execute_until("device_del", coqmp::event_filter("DEVICE_DELETED").with("device", "net1")));
    co_await talk.peer.serve("device_del");
    talk.peer.event("DEVICE_DELETED", json::object());
    json::object data;
    data["device"] = "net1";
    talk.peer.event("DEVICE_DELETED", data);
    co_await wait.done();
    BOOST_TEST(wait.value().data == data);
}

COROUTINE_TEST_CASE(execute_until_does_not_see_old_events)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto all = talk.client.subscribe();
    json::object old;
    old["age"] = 1;
    talk.peer.event("RESUME", old);
    co_await all.async_next(asio::deferred);
    awaited wait(talk.client.get_executor(), talk.client.execute_until("cont", "RESUME"));
    co_await talk.peer.serve("cont");
    talk.peer.event("RESUME");
    co_await wait.done();
    BOOST_TEST(wait.value().data.empty());
}

COROUTINE_TEST_CASE(execute_until_throws_a_refusal)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    awaited wait(talk.client.get_executor(), talk.client.execute_until("cont", "RESUME"));
    json::value const id = co_await talk.peer.expect("cont");
    talk.peer.refuse(id, "GenericError", "no");
    co_await wait.done();
    BOOST_TEST(wait.thrown<coqmp::command_failed>().command() == "cont");
}

COROUTINE_TEST_CASE(execute_until_has_one_deadline_for_all)
{
    auto& time = simulate_time(co_await this_coro::executor);
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    awaited wait(talk.client.get_executor(), talk.client.execute_until(within("cont", 1min), "RESUME"));
    json::value const id = co_await talk.peer.expect("cont");
    time.advance(40s);
    talk.peer.answer(id);
    co_await deliver(talk, "OTHER");
    time.advance(20s);
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() == errc::timed_out);
    BOOST_TEST(failure.code() == errc::event_missing);
}

COROUTINE_TEST_CASE(execute_until_times_out_with_an_unknown_outcome_when_the_command_is_not_answered)
{
    auto& time = simulate_time(co_await this_coro::executor);
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    awaited wait(talk.client.get_executor(), talk.client.execute_until(within("cont", 1min), "RESUME"));
    co_await talk.peer.expect("cont");
    time.advance(1min);
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() == errc::timed_out);
    BOOST_TEST(failure.code() == errc::outcome_unknown);
    BOOST_TEST(failure.code() != errc::event_missing);
}

COROUTINE_TEST_CASE(execute_until_names_the_event_that_did_not_come_and_says_that_the_command_succeeded)
{
    auto& time = simulate_time(co_await this_coro::executor);
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    coqmp::event_filter const misspelt = {"RESUMED", "RESUMING"};
    awaited wait(talk.client.get_executor(), talk.client.execute_until(within("cont", 1min), misspelt));
    co_await talk.peer.serve("cont");
    co_await deliver(talk, "OTHER");
    time.advance(1min);
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() != errc::not_sent);
    BOOST_TEST(failure.code() != errc::outcome_unknown);
    BOOST_TEST(
        std::string_view(failure.what())
            .starts_with(
                "cont until RESUMED or RESUMING: the command succeeded, but no such event arrived before the deadline: check the "
                "event's name and filter"));
}

COROUTINE_TEST_CASE(execute_until_ends_with_the_session)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    awaited wait(talk.client.get_executor(), talk.client.execute_until("cont", "RESUME"));
    co_await talk.peer.serve("cont");
    talk.peer.close();
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() == errc::disconnected);
    BOOST_TEST(failure.code() != errc::not_sent);
    BOOST_TEST(failure.code() != errc::outcome_unknown);
    BOOST_TEST(std::string_view(failure.what()).starts_with("cont succeeded, but RESUME did not come: the connection ended"));
}

COROUTINE_TEST_CASE(execute_until_returns_the_event_of_a_qemu_that_was_gone_before_it_answered)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    awaited wait(talk.client.get_executor(), talk.client.execute_until("quit", "SHUTDOWN"));
    co_await talk.peer.expect("quit");
    talk.peer.event("SHUTDOWN");
    talk.peer.close();
    co_await wait.done();
    BOOST_TEST(!wait.threw());
    BOOST_TEST(wait.value().name == "SHUTDOWN");
}

COROUTINE_TEST_CASE(execute_until_of_a_command_that_is_never_sent_fails_whatever_event_comes)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    std::vector<json::value> ids;
    auto const slow = co_await fill_window(talk, ids);
    awaited wait(talk.client.get_executor(), talk.client.execute_until("system_reset", "RESET"));
    co_await deliver(talk, "RESET");
    talk.peer.close();
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() == errc::disconnected);
    BOOST_TEST(failure.code() == errc::not_sent);
    for (auto const& each : slow)
        co_await each.done();
}

COROUTINE_TEST_CASE(execute_until_does_not_see_events_that_come_before_the_command_is_sent)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    std::vector<json::value> ids;
    auto const slow = co_await fill_window(talk, ids);
    awaited wait(talk.client.get_executor(), talk.client.execute_until("system_reset", "RESET"));
    json::object by_guest;
    by_guest["guest"] = true;
    co_await deliver(talk, "RESET", by_guest);
    for (json::value const& id : ids)
        talk.peer.answer(id);
    json::value const id = co_await talk.peer.expect("system_reset");
    talk.peer.event("RESET");
    talk.peer.answer(id);
    co_await wait.done();
    BOOST_TEST(wait.value().data.empty());
    for (auto const& each : slow)
        co_await each.done();
}

COROUTINE_TEST_CASE(execute_until_fails_when_this_side_closes_although_the_event_has_come)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    awaited wait(talk.client.get_executor(), talk.client.execute_until("system_reset", "RESET"));
    co_await talk.peer.expect("system_reset");
    co_await deliver(talk, "RESET");
    talk.client.close();
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() == errc::disconnected);
    BOOST_TEST(failure.code() == errc::outcome_unknown);
}
