// A guest_agent and a fake agent, in simulated time: synchronizing, commands, programs.
#include "support/agent_stage.hpp"
#include "support/fake_peer.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

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

namespace {

asio::awaitable<void> get_a_late_answer(bool has_ids)
{
    agent_stage now(co_await this_coro::executor);
    fake_guest& guest = now.fake.guest();
    guest.echoes_ids = has_ids;
    guest.held = {"guest-get-time"};
    guest.answers["guest-get-time"] = 1;
    guest.answers["guest-get-users"] = 2;
    co_await now.begin();
    auto const late = now.execute(command("guest-get-time").timeout(std::chrono::seconds(1)));
    co_await now.fake.has_received("guest-get-time");
    now.time.advance(std::chrono::seconds(1));
    error_code const error = co_await late.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::outcome_unknown);
    auto const next = now.execute("guest-get-users");
    now.fake.release();
    error_code const success = co_await next.done();
    BOOST_TEST(success == error_code());
    BOOST_TEST(next.value().value() == json::value(2));
    BOOST_TEST(guest.synchronized == 2);
}

}  // namespace

COROUTINE_TEST_CASE(it_synchronizes_once_and_executes_commands)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    co_await now.client.ping();
    co_await now.client.ping();
    BOOST_TEST(now.fake.guest().synchronized == 1);
    BOOST_TEST(count(now.fake.guest(), "guest-ping") == 2);
}

COROUTINE_TEST_CASE(an_agent_without_ids_is_understood)
{
    agent_stage now(co_await this_coro::executor);
    now.fake.guest().echoes_ids = false;
    co_await now.begin();
    co_await now.client.ping();
    auto const error = co_await failure_of(now.client.execute("guest-nonsense"));
    BOOST_TEST((error == coqmp::error_class::command_not_found));
    co_await now.client.ping();
}

COROUTINE_TEST_CASE(an_agent_that_refuses_ids_is_understood)
{
    agent_stage now(co_await this_coro::executor);
    now.fake.guest().echoes_ids = false;
    now.fake.guest().refuses_ids = true;
    co_await now.begin();
    co_await now.client.ping();
    BOOST_TEST(count(now.fake.guest(), "guest-ping") == 1);
}

COROUTINE_TEST_CASE(garbage_and_answers_to_an_earlier_client_are_dropped)
{
    agent_stage now(co_await this_coro::executor);
    now.fake.say("login: \x1b[0m }{\n{\"return\": {}}\n{\"error\": {\"class\": \"GenericError\", \"desc\": \"old\"}}\n{\"retu");
    co_await now.begin();
    now.fake.guest().answers["guest-get-time"] = 5;
    json::value const answer = co_await now.client.execute("guest-get-time");
    BOOST_TEST(answer == json::value(5));
}

COROUTINE_TEST_CASE(a_silent_agent_is_an_error_within_the_limit)
{
    agent_stage now(co_await this_coro::executor);
    now.fake.guest().is_silent = true;
    completion<> connected(now.executor);
    now.client.async_connect(now.fake.address(), connected.token());
    auto const begin = now.time.now();
    co_await now.pass_until([&] { return connected.times() != 0; }, 1s);
    BOOST_TEST(connected.error() == errc::agent_not_responding);
    BOOST_TEST((now.time.now() - begin == 30s));
    auto const ping = now.execute("guest-ping");
    co_await now.pass_until([&] { return ping.times() != 0; }, 1s);
    BOOST_TEST(ping.error() == errc::agent_not_responding);
    BOOST_TEST(ping.error() == errc::not_sent);
    BOOST_TEST(!ping.value().was_sent());
    BOOST_TEST((now.time.now() - begin == 35s));
    // The guest has booted: the agent receives all that was sent meanwhile.
    now.fake.start();
    co_await now.client.ping();
    BOOST_TEST(count(now.fake.guest(), "guest-ping") == 1);
}

COROUTINE_TEST_CASE(connecting_waits_for_an_agent_that_starts)
{
    agent_stage now(co_await this_coro::executor);
    now.fake.guest().is_silent = true;
    completion<> connected(now.executor);
    now.client.async_connect(now.fake.address(), connected.token());
    auto const begin = now.time.now();
    co_await now.pass_until([&] { return now.time.now() - begin >= 12s; }, 1s);
    BOOST_TEST(connected.times() == 0);
    now.fake.start();
    error_code const error = co_await connected.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(now.fake.guest().synchronized >= 1);
}

COROUTINE_TEST_CASE(a_monitor_is_not_an_agent)
{
    auto const executor = co_await this_coro::executor;
    fake_peer peer = fake_peer::pair(executor);
    coqmp::guest_agent client(executor);
    peer.greet();
    completion<> connected(executor);
    client.async_connect(peer.address(), connected.token());
    while (!peer.has_input())
        co_await asio::post(executor, asio::deferred);
    peer.say(R"({"error": {"class": "CommandNotFound", "desc": "The command guest-sync-delimited has not been found"}})");
    error_code const error = co_await connected.done();
    BOOST_TEST(error == errc::not_guest_agent);
}

BOOST_AUTO_TEST_CASE(a_late_answer_is_not_taken_for_anothers)
{
    run(get_a_late_answer(true));
    run(get_a_late_answer(false));
}

COROUTINE_TEST_CASE(a_cancelled_command_is_abandoned_and_the_next_one_synchronizes)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().held = {"guest-get-time"};
    asio::cancellation_signal cancel;
    completion<reply> late(now.executor);
    now.client.async_execute("guest-get-time", asio::bind_cancellation_slot(cancel.slot(), late.token()));
    co_await now.fake.has_received("guest-get-time");
    auto const queued = now.execute("guest-ping");
    cancel.emit(asio::cancellation_type::terminal);
    error_code const error = co_await late.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    BOOST_TEST(late.value().was_sent());
    error_code const success = co_await queued.done();
    BOOST_TEST(success == error_code());
    BOOST_TEST(now.fake.guest().synchronized == 2);
}

COROUTINE_TEST_CASE(a_queued_command_that_is_cancelled_or_expires_is_never_sent)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().held = {"guest-get-time"};
    auto const first = now.execute("guest-get-time");
    co_await now.fake.has_received("guest-get-time");
    auto const expiring = now.execute(command("guest-ping").timeout(1s));
    asio::cancellation_signal cancel;
    completion<reply> cancelled(now.executor);
    now.client.async_execute("guest-ping", asio::bind_cancellation_slot(cancel.slot(), cancelled.token()));
    cancel.emit(asio::cancellation_type::total);
    now.time.advance(1s);
    error_code const aborted = co_await cancelled.done();
    error_code const expired = co_await expiring.done();
    BOOST_TEST(aborted == asio::error::operation_aborted);
    BOOST_TEST(!cancelled.value().was_sent());
    BOOST_TEST(expired == errc::timed_out);
    BOOST_TEST(expired == errc::not_sent);
    now.fake.guest().held.clear();
    now.fake.release();
    error_code const success = co_await first.done();
    BOOST_TEST(success == error_code());
    BOOST_TEST(count(now.fake.guest(), "guest-ping") == 0);
}

COROUTINE_TEST_CASE(shutdown_succeeds_in_silence_and_at_the_end_of_the_connection)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    beside<int> silent(now.executor, counted(now.client.shutdown()));
    co_await now.fake.has_received("guest-shutdown");
    BOOST_TEST(now.fake.guest().last_arguments.at("mode") == json::value("powerdown"));
    co_await now.pass_until([&] { return silent.is_over(); });
    BOOST_TEST(silent.value() == 1);
    co_await now.client.ping();
    BOOST_TEST(now.fake.guest().synchronized == 2);

    now.fake.guest().received.clear();
    auto const suspending = now.execute("guest-suspend-ram");
    co_await now.fake.has_received("guest-suspend-ram");
    now.fake.close();
    error_code const error = co_await suspending.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(suspending.value().has_value());
}

COROUTINE_TEST_CASE(shutdown_fails_with_the_agents_error)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().refused = {"guest-shutdown"};
    auto const error = co_await failure_of(counted(now.client.shutdown("halt")));
    BOOST_TEST((error == coqmp::error_class::generic_error));
    co_await now.client.ping();
    BOOST_TEST(now.fake.guest().synchronized == 1);
}

COROUTINE_TEST_CASE(shutdown_of_a_silent_agent_is_not_a_success)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().lost = {"guest-get-time"};
    auto const lost = now.execute(command("guest-get-time").timeout(1s));
    co_await now.pass_until([&] { return lost.times() != 0; });
    now.fake.guest().is_silent = true;
    beside<int> shutdown(now.executor, counted(now.client.shutdown()));
    co_await now.pass_until([&] { return shutdown.is_over(); });
    BOOST_TEST(shutdown.error() == errc::agent_not_responding);
    BOOST_TEST(shutdown.error() == errc::not_sent);
}

COROUTINE_TEST_CASE(exec_polls_until_the_program_has_ended)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    fake_program sort;
    sort.polls = 30;
    sort.result["exitcode"] = 3;
    sort.result["out-data"] = "AP8=";
    now.fake.guest().programs["/bin/sort"] = sort;
    auto const begin = now.time.now();
    beside<coqmp::guest_program_result> running(now.executor,
                                                now.client.exec(guest_program("/bin/sort").argument("-r").input("b\na\n")));
    co_await now.pass_until([&] { return running.is_over(); }, 10ms);
    BOOST_TEST(running.value().exit_code.value() == 3);
    BOOST_TEST(running.value().output == std::string("\0\xff", 2));
    BOOST_TEST(count(now.fake.guest(), "guest-exec-status") == 31);
    BOOST_TEST((now.time.now() - begin > 10s));
}

COROUTINE_TEST_CASE(exec_fails_as_the_agent_does_and_at_its_timeout)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    auto const missing = co_await failure_of(now.client.exec("/bin/none"));
    BOOST_TEST((missing == coqmp::error_class::generic_error));
    fake_program endless;
    endless.polls = 1000000;
    now.fake.guest().programs["/bin/endless"] = endless;
    auto const begin = now.time.now();
    beside<coqmp::guest_program_result> running(now.executor, now.client.exec(guest_program("/bin/endless").timeout(10s)));
    co_await now.pass_until([&] { return running.is_over(); }, 10ms);
    BOOST_TEST(running.error() == errc::timed_out);
    BOOST_TEST((now.time.now() - begin == 10s));
    now.fake.guest().answers["guest-exec-status"] = json::value(json::object());
    beside<coqmp::guest_program_result> odd(now.executor, now.client.exec("/bin/endless"));
    co_await now.pass_until([&] { return odd.is_over(); }, 10ms);
    BOOST_TEST(odd.error() == errc::malformed_answer);
}

COROUTINE_TEST_CASE(exec_can_be_cancelled_while_it_waits)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    fake_program endless;
    endless.polls = 1000000;
    now.fake.guest().programs["/bin/endless"] = endless;
    beside<coqmp::guest_program_result> running(now.executor, now.client.exec("/bin/endless"));
    co_await now.pass_until([&] { return count(now.fake.guest(), "guest-exec-status") > 3; });
    running.cancel();
    co_await now.fake.until([&] { return running.is_over(); });
    BOOST_TEST(running.error() == asio::error::operation_aborted);
    co_await now.client.ping();
}

COROUTINE_TEST_CASE(a_moved_from_agent_fails_without_sending)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    coqmp::guest_agent const moved = std::move(now.client);
    coqmp::guest_agent& empty = now.client;
    for (int which = 0; which < 4; ++which) {
        error_code error;
        if (which == 0)
            error = co_await failure_of(counted(empty.ping()));
        if (which == 1)
            error = co_await failure_of(empty.exec("x"));
        if (which == 2)
            error = co_await failure_of(empty.freeze());
        if (which == 3)
            error = co_await failure_of(empty.read_file("x"));
        BOOST_TEST(error == errc::disconnected);
        BOOST_TEST(error == errc::not_sent);
    }
    BOOST_TEST(now.fake.guest().received.empty());
}

COROUTINE_TEST_CASE(commands_before_the_connection_and_a_second_connection_fail)
{
    agent_stage now(co_await this_coro::executor);
    auto const early = now.execute("guest-ping");
    error_code const error = co_await early.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::not_sent);
    co_await now.begin();
    completion<> again(now.executor);
    now.client.async_connect(now.fake.address(), again.token());
    error_code const second = co_await again.done();
    BOOST_TEST(second == errc::already_started);
}
