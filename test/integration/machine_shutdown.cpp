// The end of a machine: waits for it, and the ladder of shutdown, with real QEMUs and with programs that are none.
#include <coqmp/guest_agent.hpp>
#include <coqmp/machine.hpp>

#include "support/fake_agent.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <string>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::errc;
using coqmp::exit_status;
using coqmp::machine;
using coqmp::machine_spec;
using namespace coqmp::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(machine_shutdown, *boost::unit_test::timeout(60))

COROUTINE_TEST_CASE(every_wait_completes_and_shutdown_of_an_exited_machine_is_immediate)
{
    auto const executor = co_await asio::this_coro::executor;
    machine subject{executor, bare_qemu()};
    co_await subject.async_start();
    int told = 0;
    for (int i = 0; i < 3; ++i)
        subject.async_wait([&told](error_code error, exit_status status) { told += !error && status.signal == SIGKILL; });
    asio::cancellation_signal signal;
    error_code cancelled;
    subject.async_wait(asio::bind_cancellation_slot(signal.slot(), [&](error_code error, exit_status) { cancelled = error; }));
    signal.emit(asio::cancellation_type::total);
    subject.kill();
    exit_status const status = co_await subject.async_wait();
    BOOST_TEST(status.signal == SIGKILL);
    BOOST_TEST(told == 3);
    BOOST_TEST((cancelled == asio::error::operation_aborted));
    exit_status const again = co_await subject.async_shutdown(1h);
    BOOST_TEST((again == status));
}

COROUTINE_TEST_CASE(paused_machine_is_not_asked_to_power_down)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu()};
    co_await subject.async_start();
    // With a budget of an hour this ends in time only if the half hour of the power button is skipped.
    exit_status const status = co_await subject.async_shutdown(1h);
    BOOST_TEST((status == exit_status{0, 0}));
}

COROUTINE_TEST_CASE(guest_that_is_paused_meanwhile_keeps_its_time)
{
    machine subject{co_await asio::this_coro::executor, running_pc()};
    co_await subject.async_start();
    coqmp::event_stream power = subject.session().subscribe({"POWERDOWN", "SHUTDOWN"});
    coqmp::shutdown_options options(1h);
    options.repeat = 0s;
    subject.async_shutdown(options, asio::detached);
    coqmp::event const asked = co_await power.async_next();
    BOOST_TEST(asked.name == "POWERDOWN");
    coqmp::session& monitor = subject.session();
    for (char const* const each : {"stop", "query-status", "cont", "query-status"}) {
        auto const [error, answer] = co_await monitor.async_execute(each, asio::as_tuple(asio::deferred));
        BOOST_TEST(!error, each);
    }
    subject.async_shutdown(-1s, asio::detached);
    co_await subject.async_wait();
    BOOST_TEST(!co_await power.next());  // it was neither quit nor asked again
}

COROUTINE_TEST_CASE(guest_that_ignores_its_power_button_is_quit)
{
    machine subject{co_await asio::this_coro::executor, running_pc()};
    co_await subject.async_start();
    coqmp::event_stream power = subject.session().subscribe({"POWERDOWN", "SHUTDOWN"});
    exit_status const status = co_await subject.async_shutdown(4s);
    BOOST_TEST((status == exit_status{0, 0}));
    coqmp::event const asked = co_await power.async_next();
    coqmp::event const ended = co_await power.async_next();
    BOOST_TEST(asked.name == "POWERDOWN");
    BOOST_TEST(ended.data.at("reason").as_string() == "host-qmp-quit");
}

COROUTINE_TEST_CASE(guest_is_asked_through_its_agent)
{
    auto const executor = co_await asio::this_coro::executor;
    machine subject{executor, running_pc()};
    co_await subject.async_start();
    coqmp::event_stream power = subject.session().subscribe({"POWERDOWN", "SHUTDOWN"});
    fake_agent fake(executor);
    coqmp::guest_agent agent(executor);
    co_await agent.async_connect(fake.address());
    coqmp::shutdown_options options(0s);
    options.repeat = 0s;
    options.ask_through(agent);
    subject.async_shutdown(options, asio::detached);
    co_await fake.has_received("guest-shutdown");
    subject.async_shutdown(-1s, asio::detached);  // this guest has no real agent
    co_await subject.async_wait();
    BOOST_TEST(!co_await power.next());  // the power button was not pressed
    agent.close();
    fake.close();
}

COROUTINE_TEST_CASE(guest_is_asked_through_an_agent_that_is_connected_when_the_shutdown_begins)
{
    auto const executor = co_await asio::this_coro::executor;
    machine subject{executor, running_pc()};
    co_await subject.async_start();
    coqmp::event_stream power = subject.session().subscribe({"POWERDOWN", "SHUTDOWN"});
    fake_agent fake(executor);
    coqmp::shutdown_options options(0s);
    options.repeat = 0s;
    options.ask_through(fake.address());
    subject.async_shutdown(options, asio::detached);
    co_await fake.has_received("guest-shutdown");
    subject.async_shutdown(-1s, asio::detached);  // this guest has no real agent
    co_await subject.async_wait();
    BOOST_TEST(!co_await power.next());  // the power button was not pressed
    fake.close();
}

COROUTINE_TEST_CASE(guest_without_an_agent_at_its_address_gets_its_power_button_pressed)
{
    auto const executor = co_await asio::this_coro::executor;
    for (bool const exists : {false, true}) {
        machine subject{executor, running_pc()};
        co_await subject.async_start();
        coqmp::event_stream power = subject.session().subscribe("POWERDOWN");
        fake_agent fake(executor);
        fake.guest().is_silent = true;
        coqmp::shutdown_options options(0s);
        options.repeat = 0s;
        coqmp::endpoint const nowhere = coqmp::endpoint::unix_socket("/no-such-directory/agent");
        options.ask_through(nowhere);
        if (exists)
            options.ask_through(fake.address());
        subject.async_shutdown(options, asio::detached);
        BOOST_TEST((co_await power.async_next()).name == "POWERDOWN");
        subject.kill();
        co_await subject.async_wait();
        fake.close();
    }
}

COROUTINE_TEST_CASE(guest_whose_agent_refuses_or_has_gone_gets_its_power_button_pressed)
{
    auto const executor = co_await asio::this_coro::executor;
    for (bool const is_gone : {false, true}) {
        machine subject{executor, running_pc()};
        co_await subject.async_start();
        coqmp::event_stream power = subject.session().subscribe("POWERDOWN");
        fake_agent fake(executor);
        fake.guest().refused.insert("guest-shutdown");
        coqmp::guest_agent agent(executor);
        co_await agent.async_connect(fake.address());
        coqmp::shutdown_options options(0s);
        options.repeat = 0s;
        options.ask_through(agent);
        if (is_gone)
            agent.close();
        subject.async_shutdown(options, asio::detached);
        BOOST_TEST((co_await power.async_next()).name == "POWERDOWN");
        subject.kill();
        co_await subject.async_wait();
        agent.close();
        fake.close();
    }
}

COROUTINE_TEST_CASE(machine_without_a_session_is_terminated)
{
    machine subject{co_await asio::this_coro::executor, running_pc()};
    co_await subject.async_start();
    co_await subject.session().async_close();
    BOOST_TEST(((co_await subject.async_shutdown(1h)).exit_code == 0));  // QEMU exits in order on SIGTERM
}

COROUTINE_TEST_CASE(stopped_qemu_is_killed_within_the_budget)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu()};
    co_await subject.async_start();
    BOOST_REQUIRE(::kill(subject.pid(), SIGSTOP) == 0);
    BOOST_TEST(((co_await subject.async_shutdown(400ms)).signal == SIGKILL));
}

COROUTINE_TEST_CASE(program_that_ignores_sigterm_is_killed_within_the_budget)
{
    auto const executor = co_await asio::this_coro::executor;
    machine subject{executor, script("trap '' TERM; qemu-system-x86_64 -M none -nodefaults -display none -S \"$@\"; "
                                     "while :; do read line < /dev/zero; done")};
    co_await subject.async_start();
    co_await subject.session().quit();
    BOOST_TEST(((co_await subject.async_shutdown(400ms)).signal == SIGKILL));
}

COROUTINE_TEST_CASE(two_shutdowns_at_once_both_complete)
{
    auto const executor = co_await asio::this_coro::executor;
    machine subject{executor, bare_qemu()};
    co_await subject.async_start();
    bool first = false;
    subject.async_shutdown(1h, [&first](error_code error, exit_status) { first = !error; });
    exit_status const status = co_await subject.async_shutdown(-1ns);  // a budget that is used up
    BOOST_TEST(status.signal == SIGKILL);
    BOOST_TEST(first);
}

COROUTINE_TEST_CASE(machine_whose_shutdown_was_cancelled_was_not_told_to_end)
{
    machine subject{co_await asio::this_coro::executor, running_pc()};
    co_await subject.async_start();
    coqmp::event_stream power = subject.session().subscribe({"POWERDOWN"});
    asio::cancellation_signal signal;
    error_code cancelled;
    subject.async_shutdown(
        1h, asio::bind_cancellation_slot(signal.slot(), [&cancelled](error_code error, exit_status) { cancelled = error; }));
    co_await power.async_next();
    signal.emit(asio::cancellation_type::total);
    ::kill(subject.pid(), SIGKILL);  // somebody else does it
    co_await subject.async_wait();
    BOOST_TEST((cancelled == asio::error::operation_aborted));
    BOOST_REQUIRE(subject.end().has_value());
    BOOST_TEST((subject.end()->reason == coqmp::end_reason::signal));
}

COROUTINE_TEST_CASE(shutdown_without_a_limit_asks_and_does_not_kill)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu()};
    co_await subject.async_start();
    exit_status const status = co_await subject.async_shutdown(0s);
    BOOST_TEST((status == exit_status{0, 0}));
}

COROUTINE_TEST_CASE(shutdown_during_the_start_ends_both)
{
    auto const executor = co_await asio::this_coro::executor;
    machine subject{executor, script("exec cat /dev/zero >/dev/null")};
    error_code started;
    subject.async_start([&started](std::exception_ptr failure) {
        try {
            std::rethrow_exception(failure);
        } catch (coqmp::start_failed const& what) {
            started = what.code();
        }
    });
    exit_status const status = co_await subject.async_shutdown(10s);
    BOOST_TEST(status.signal == SIGTERM);
    BOOST_TEST((started == errc::machine_exited));
}

COROUTINE_TEST_CASE(shutdown_of_what_never_started_is_refused)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu()};
    auto [error, status] = co_await subject.async_shutdown(1s, asio::as_tuple(asio::deferred));
    BOOST_TEST((error == errc::not_running));
    BOOST_TEST(subject.pid() == -1);
    BOOST_TEST(subject.standard_error() == "");
}

BOOST_AUTO_TEST_SUITE_END()
