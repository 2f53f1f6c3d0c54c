// The commands of a session that connects again: each is sent at most once, and fails or waits when there is no connection.
#include "support/conversation.hpp"
#include "support/reconnecting.hpp"
#include "support/spawned.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::connection_state;
using coqmp::errc;
using coqmp::reconnecting_session;
using coqmp::unsent_commands;

namespace {

using awaited = spawned<coqmp::event>;

/// The error of quit().
asio::awaitable<error_code> quit_error(reconnecting_session& client)
{
    error_code result;
    try {
        co_await client.quit();
    } catch (boost::system::system_error const& error) {
        result = error.code();
    }
    co_return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_reconnecting_session)

COROUTINE_TEST_CASE(reports_an_unknown_outcome_of_a_command_on_the_wire_and_does_not_repeat_it)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    co_await monitor.begin();
    auto const asked = monitor.ask("cont");
    co_await monitor.peer->expect("cont");
    co_await monitor.lose();
    error_code const error = co_await asked.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::outcome_unknown);
    BOOST_TEST(asked.value().was_sent());
    co_await monitor.return_after(100ms);
    auto const next = monitor.ask("query-status");
    co_await monitor.peer->serve("query-status");  // nothing else came before it
    BOOST_TEST(!co_await next.done());
}

COROUTINE_TEST_CASE(fails_commands_at_once_while_there_is_no_connection)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    co_await monitor.lose();
    auto const asked = monitor.ask("cont");
    BOOST_TEST(asked.times() == 0);
    error_code const error = co_await asked.done();
    BOOST_TEST(is_unsent(error));
    BOOST_TEST(!asked.value().was_sent());
}

COROUTINE_TEST_CASE(keeps_commands_for_the_next_connection_in_their_order)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    auto const before = monitor.ask("before");
    co_await monitor.begin();
    co_await monitor.peer->serve("before");
    BOOST_TEST(!co_await before.done());
    co_await monitor.lose();
    auto const first = monitor.ask("first");
    auto const second = monitor.ask("second");
    co_await monitor.return_after(100ms);
    co_await monitor.peer->serve("first", 1);
    co_await monitor.peer->serve("second", 2);
    BOOST_TEST(!co_await first.done());
    BOOST_TEST(!co_await second.done());
    BOOST_TEST(second.value().value().as_int64() == 2);
}

COROUTINE_TEST_CASE(sends_what_a_lost_connection_left_unsent_before_later_commands)
{
    auto options = regular_pauses(unsent_commands::wait);
    options.session.in_band_window = 1;
    intermittent_monitor monitor(co_await this_coro::executor, options);
    co_await monitor.begin();
    completion<coqmp::reply> last(monitor.executor);
    auto const after = [&monitor, &last](error_code, coqmp::reply const&) {
        monitor.client.async_execute("last", last.token());  // before the others are known to be unsent
    };
    monitor.client.async_execute("sent", after);
    auto const first = monitor.ask("first");
    auto const second = monitor.ask("second");
    co_await monitor.peer->expect("sent");
    co_await monitor.lose();
    BOOST_TEST(first.times() == 0);
    co_await monitor.return_after(100ms);
    for (std::string const name : {"first", "second", "last"})
        co_await monitor.peer->serve(name);
    BOOST_TEST(!co_await first.done());
    BOOST_TEST(!co_await second.done());
    BOOST_TEST(!co_await last.done());
}

COROUTINE_TEST_CASE(keeps_a_command_no_longer_than_its_deadline)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    auto const patient = monitor.ask(command("patient").timeout(0s));
    auto const normal = monitor.ask("normal");
    auto const hasty = monitor.ask(command("hasty").timeout(1s));
    monitor.time.advance(1s - 1ns);
    co_await settle();
    BOOST_TEST(hasty.times() == 0);
    monitor.time.advance(1ns);
    error_code error = co_await hasty.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::not_sent);
    BOOST_TEST(normal.times() == 0);
    monitor.time.advance(2min);
    error = co_await normal.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(patient.times() == 0);
    monitor.client.close();
    error = co_await patient.done();
    BOOST_TEST(is_unsent(error));
}

COROUTINE_TEST_CASE(counts_the_wait_for_the_connection_as_part_of_the_deadline)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    auto const asked = monitor.ask(command("cont").timeout(3s));
    monitor.time.advance(2s);
    co_await monitor.begin();
    co_await monitor.peer->expect("cont");
    monitor.time.advance(1s);
    error_code const error = co_await asked.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::outcome_unknown);
}

COROUTINE_TEST_CASE(limits_how_many_commands_wait)
{
    auto options = regular_pauses(unsent_commands::wait);
    options.most_waiting = 2;
    intermittent_monitor monitor(co_await this_coro::executor, options);
    auto const first = monitor.ask("first");
    auto const second = monitor.ask("second");
    auto const third = monitor.ask("third");
    error_code const error = co_await third.done();
    BOOST_TEST(is_unsent(error));
    BOOST_TEST(first.times() + second.times() == 0);
    monitor.client.close();
    BOOST_TEST(is_unsent(co_await first.done()));
    BOOST_TEST(is_unsent(co_await second.done()));
}

COROUTINE_TEST_CASE(cancels_a_command_that_waits)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    asio::cancellation_signal signal;
    completion<coqmp::reply> asked(monitor.executor);
    monitor.client.async_execute("cont", asio::bind_cancellation_slot(signal.slot(), asked.token()));
    signal.emit(asio::cancellation_type::total);
    error_code const error = co_await asked.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    BOOST_TEST(!asked.value().was_sent());
    co_await monitor.begin();
    auto const next = monitor.ask("query-status");
    co_await monitor.peer->serve("query-status");
    BOOST_TEST(!co_await next.done());
}

COROUTINE_TEST_CASE(refuses_a_command_as_a_session_does)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    co_await monitor.begin();
    auto const asked = monitor.ask(command("a").with("number", std::numeric_limits<double>::infinity()));
    error_code const error = co_await asked.done();
    BOOST_TEST(error == errc::arguments_not_json);
    BOOST_TEST(error == errc::not_sent);
    auto const refused = monitor.ask("no-such-command");
    auto const id = co_await monitor.peer->expect("no-such-command");
    monitor.peer->refuse(id, "CommandNotFound", "no such command");
    BOOST_TEST(!co_await refused.done());
    BOOST_TEST(refused.value().has_error());
}

COROUTINE_TEST_CASE(throws_what_a_session_throws)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    spawned unsent(monitor.executor, monitor.client.execute("cont"));
    co_await unsent.done();
    BOOST_TEST(is_unsent(unsent.thrown<boost::system::system_error>().code()));
    co_await monitor.begin();
    spawned refused(monitor.executor, monitor.client.execute("cont"));
    monitor.peer->refuse(co_await monitor.peer->expect("cont"), "GenericError", "no");
    co_await refused.done();
    BOOST_TEST(refused.thrown<coqmp::command_failed>().command() == "cont");
    spawned done(monitor.executor, monitor.client.execute("cont"));
    co_await monitor.peer->serve("cont", 5);
    co_await done.done();
    BOOST_TEST(done.value().as_int64() == 5);
}

// ---- execute_until() -------------------------------------------------------------------------------------------------------

COROUTINE_TEST_CASE(returns_the_event_that_comes_after_a_command_before_or_after_its_reply)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    awaited early(monitor.executor, monitor.client.execute_until("cont", "RESUME"));
    auto const id = co_await monitor.peer->expect("cont");
    monitor.peer->event("RESUME");
    monitor.peer->answer(id);
    co_await early.done();
    BOOST_TEST(early.value().name == "RESUME");
    awaited late(monitor.executor, monitor.client.execute_until("stop", "STOP"));
    co_await monitor.peer->serve("stop");
    monitor.peer->event("RESUME");
    monitor.peer->event("STOP");
    co_await late.done();
    BOOST_TEST(late.value().name == "STOP");
}

COROUTINE_TEST_CASE(returns_the_event_of_a_command_that_waited_for_a_connection)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    co_await monitor.begin();
    co_await monitor.lose();
    awaited wait(monitor.executor, monitor.client.execute_until("cont", "RESUME"));
    co_await monitor.return_after(100ms);
    co_await monitor.peer->serve("cont");
    monitor.peer->event("RESUME");
    co_await wait.done();
    BOOST_TEST(wait.value().name == "RESUME");
}

COROUTINE_TEST_CASE(waits_through_the_next_connection_for_the_event_of_a_command_that_was_left_unsent)
{
    auto options = regular_pauses(unsent_commands::wait);
    options.session.in_band_window = 1;
    intermittent_monitor monitor(co_await this_coro::executor, options);
    auto events = monitor.client.subscribe();
    co_await monitor.begin();
    auto const sent = monitor.ask("sent");
    awaited wait(monitor.executor, monitor.client.execute_until("cont", "RESUME"));
    co_await monitor.peer->expect("sent");
    json::object by_guest;
    by_guest["guest"] = true;
    monitor.peer->event("RESUME", by_guest);
    co_await events.async_next(asio::deferred);
    co_await monitor.lose();
    co_await monitor.return_after(100ms);
    co_await monitor.peer->serve("cont");
    monitor.peer->event("RESUME");
    co_await wait.done();
    BOOST_TEST(wait.value().data.empty());
    BOOST_TEST(sent.times() == 1);
}

COROUTINE_TEST_CASE(does_not_wait_for_the_event_of_a_command_that_is_not_sent)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    awaited wait(monitor.executor, monitor.client.execute_until("cont", "RESUME"));
    co_await wait.done();
    BOOST_TEST(is_unsent(wait.thrown<boost::system::system_error>().code()));
}

COROUTINE_TEST_CASE(throws_an_unknown_outcome_when_the_connection_ends_before_the_reply)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    co_await monitor.begin();
    awaited wait(monitor.executor, monitor.client.execute_until("cont", "RESUME"));
    co_await monitor.peer->expect("cont");
    co_await monitor.lose();
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() == errc::disconnected);
    BOOST_TEST(failure.code() == errc::outcome_unknown);
}

COROUTINE_TEST_CASE(does_not_take_an_event_of_the_next_connection)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    co_await monitor.begin();
    awaited wait(monitor.executor, monitor.client.execute_until("cont", "RESUME"));
    co_await monitor.peer->serve("cont");
    co_await monitor.lose();
    co_await monitor.return_after(100ms);
    monitor.peer->event("RESUME");
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() == errc::disconnected);
    BOOST_TEST(failure.code() != errc::not_sent);
    BOOST_TEST(failure.code() != errc::outcome_unknown);
    BOOST_TEST(std::string_view(failure.what()).starts_with("cont succeeded, but RESUME did not come: the connection ended"));
}

COROUTINE_TEST_CASE(has_one_deadline_for_the_connection_the_reply_and_the_event)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    command asked("cont");
    asked.timeout(3s);
    awaited wait(monitor.executor, monitor.client.execute_until(asked, "RESUME"));
    co_await settle();
    monitor.time.advance(2s);
    co_await monitor.begin();
    auto const next = monitor.ask("query-status");
    co_await monitor.peer->serve("cont");
    co_await monitor.peer->serve("query-status");
    BOOST_TEST(!co_await next.done());
    monitor.time.advance(1s);
    co_await wait.done();
    auto const& failure = wait.thrown<boost::system::system_error>();
    BOOST_TEST(failure.code() == errc::event_missing);
}

COROUTINE_TEST_CASE(throws_a_refusal_although_the_event_has_come)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    awaited wait(monitor.executor, monitor.client.execute_until("cont", "RESUME"));
    auto const id = co_await monitor.peer->expect("cont");
    monitor.peer->event("RESUME");
    monitor.peer->refuse(id, "GenericError", "no");
    co_await wait.done();
    BOOST_TEST(wait.thrown<coqmp::command_failed>().command() == "cont");
}

COROUTINE_TEST_CASE(returns_the_last_event_of_a_qemu_that_was_gone_before_it_answered)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    awaited wait(monitor.executor, monitor.client.execute_until("quit", "SHUTDOWN"));
    co_await monitor.peer->expect("quit");
    monitor.peer->event("SHUTDOWN");
    co_await monitor.peer->flushed();
    co_await monitor.lose();
    co_await wait.done();
    BOOST_TEST(wait.value().name == "SHUTDOWN");
}

// ---- quit() ----------------------------------------------------------------------------------------------------------------

COROUTINE_TEST_CASE(is_closed_once_qemu_has_answered_quit)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    spawned quitting(monitor.executor, quit_error(monitor.client));
    co_await monitor.peer->serve("quit");
    co_await quitting.done();
    BOOST_TEST(quitting.value() == error_code());
    BOOST_TEST((monitor.client.status().state == connection_state::closed));
    BOOST_TEST(monitor.client.status().reason == error_code());
}

COROUTINE_TEST_CASE(does_not_connect_again_when_qemu_has_gone_without_an_answer_to_quit)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    spawned quitting(monitor.executor, quit_error(monitor.client));
    co_await monitor.peer->expect("quit");
    monitor.peer->close();
    co_await quitting.done();
    BOOST_TEST(quitting.value() == error_code());
    BOOST_TEST((monitor.client.status().state == connection_state::closed));
}

COROUTINE_TEST_CASE(goes_on_when_quit_is_refused_or_not_sent)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    spawned unsent(monitor.executor, quit_error(monitor.client));
    co_await unsent.done();
    BOOST_TEST(is_unsent(unsent.value()));
    co_await monitor.begin();
    spawned refused(monitor.executor, quit_error(monitor.client));
    monitor.peer->refuse(co_await monitor.peer->expect("quit"), "GenericError", "no");
    co_await refused.done();
    BOOST_TEST(refused.value().failed());
    BOOST_TEST(monitor.client.status().is_connected());
}

COROUTINE_TEST_CASE(does_not_know_whether_qemu_quits_when_this_side_closes_first)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    spawned quitting(monitor.executor, quit_error(monitor.client));
    co_await monitor.peer->expect("quit");
    monitor.client.close();
    co_await quitting.done();
    BOOST_TEST(quitting.value() == errc::disconnected);
    BOOST_TEST(quitting.value() == errc::outcome_unknown);
}

COROUTINE_TEST_CASE(keeps_quit_for_the_next_connection)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    co_await monitor.begin();
    co_await monitor.lose();
    spawned quitting(monitor.executor, quit_error(monitor.client));
    co_await monitor.return_after(100ms);
    co_await monitor.peer->serve("quit");
    co_await quitting.done();
    BOOST_TEST(quitting.value() == error_code());
}

BOOST_AUTO_TEST_SUITE_END()
