// The run state of machines: real QEMUs, and one that does not report its state.
#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include "support/completion.hpp"
#include "support/fake_peer.hpp"
#include "support/guests.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/command.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::command;
using coqmp::errc;
using coqmp::machine;
using coqmp::run_state;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// Waits, if necessary through others, for a state.
asio::awaitable<void> reaches(machine& subject, run_state expected)
{
    co_await coqmp::wait_for_state(subject, expected);
    BOOST_TEST(subject.state() == expected);
}

/// Starts a guest that takes its machine to a state by itself.
template <class... Arguments>
void check_guest(std::string_view code, run_state expected, Arguments... arguments)
{
    temporary_directory folder;
    auto const spec = guest(code, folder.path(), std::string(arguments)...);
    auto const body = [&]() -> asio::awaitable<void> {
        machine subject(co_await asio::this_coro::executor, spec);
        co_await subject.async_start();
        co_await reaches(subject, expected);
        co_await subject.async_shutdown(-1s);
    };
    run(body());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_state_of_a_machine, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(follows_what_its_clients_do)
{
    temporary_directory folder;
    machine subject(co_await asio::this_coro::executor, guest(idle, folder.path(), "-S"));
    BOOST_TEST(subject.state() == run_state::unknown);
    co_await subject.async_start();
    auto const first = co_await subject.async_wait_state_change(run_state::unknown);
    BOOST_TEST(first == run_state::prelaunch);
    auto& session = subject.session();
    co_await session.execute("cont");
    co_await reaches(subject, run_state::running);
    co_await session.execute("stop");
    co_await reaches(subject, run_state::paused);
    co_await session.execute("system_reset");
    co_await session.execute("cont");
    co_await reaches(subject, run_state::running);
    co_await subject.async_shutdown(-1s);
    BOOST_TEST(subject.state() == run_state::unknown);
}

BOOST_AUTO_TEST_CASE(follows_what_its_guest_does)
{
    check_guest(panic, run_state::guest_panicked, "-device", "pvpanic", "-action", "panic=pause");
    check_guest(power_off, run_state::shutdown, "-no-shutdown");
    check_guest(watchdog, run_state::watchdog, "-device", "ib700", "-action", "watchdog=pause");
    check_guest(idle, run_state::running);
}

// QEMU reports the reset, but not that the guest is no longer panicked.
COROUTINE_TEST_CASE(changes_when_a_guest_that_has_panicked_is_reset)
{
    temporary_directory folder;
    auto spec = guest(panic, folder.path(), "-device", "pvpanic", "-action", "panic=pause");
    machine subject(co_await asio::this_coro::executor, spec);
    co_await subject.async_start();
    co_await reaches(subject, run_state::guest_panicked);
    co_await subject.session().execute("system_reset");
    auto const next = co_await subject.async_wait_state_change(run_state::guest_panicked);
    BOOST_TEST(next == run_state::prelaunch);
    co_await subject.async_shutdown(-1s);
}

// QEMU does not report the end of a migration, unless the capability `events` is on.
COROUTINE_TEST_CASE(is_postmigrate_when_the_machine_was_migrated_away)
{
    temporary_directory folder;
    machine subject(co_await asio::this_coro::executor, guest(idle, folder.path()));
    co_await subject.async_start();
    co_await reaches(subject, run_state::running);
    co_await subject.session().execute(command("migrate").with("uri", "exec:cat >/dev/null"));
    co_await reaches(subject, run_state::postmigrate);
    co_await subject.async_shutdown(-1s);
}

// Over TCP any program may connect, even a test that plays QEMU.
COROUTINE_TEST_CASE(is_unknown_if_qemu_does_not_tell)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::listener on(executor, coqmp::endpoint::tcp("127.0.0.1", 0));
    machine subject(executor, script("exec sleep 1000"));
    completion<> started(executor);
    coqmp::start_diagnostics diagnostics;
    subject.async_start(on, diagnostics, started.token());
    fake_peer peer = fake_peer::calling(executor, on.local_endpoint());
    co_await peer.handshake();
    auto const first = co_await peer.expect("query-status");
    BOOST_TEST(!(co_await started.done()));
    peer.answer(first, boost::json::object{{"status", "running"}, {"running", true}});
    co_await reaches(subject, run_state::running);

    peer.event("STOP");
    auto const second = co_await peer.expect("query-status");
    peer.event("RESUME");
    peer.refuse(second, "CommandNotFound", "The command query-status has not been found");
    co_await reaches(subject, run_state::unknown);
    auto const third = co_await peer.expect("query-status");  // an event came while the second one was on its way
    peer.answer(third, boost::json::object{{"status", "running"}, {"running", true}});
    co_await reaches(subject, run_state::running);

    completion<run_state> change(executor);
    subject.async_wait_state_change(run_state::running, change.token());
    subject.kill();
    peer.close();
    BOOST_TEST(co_await change.done() == errc::not_running);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_wait_for_a_state, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(may_begin_before_the_start)
{
    machine subject(co_await asio::this_coro::executor, bare_qemu());
    completion<run_state> change(subject.get_executor());
    subject.async_wait_state_change(run_state::unknown, change.token());
    co_await subject.async_start();
    BOOST_TEST(!(co_await change.done()));
    BOOST_TEST(change.value() == run_state::prelaunch);
    co_await subject.async_shutdown(-1s);
}

COROUTINE_TEST_CASE(ends_with_the_machine)
{
    machine subject(co_await asio::this_coro::executor, bare_qemu());
    co_await subject.async_start();
    co_await reaches(subject, run_state::prelaunch);
    completion<run_state> change(subject.get_executor());
    subject.async_wait_state_change(run_state::prelaunch, change.token());
    co_await subject.async_shutdown(-1s);
    BOOST_TEST(co_await change.done() == errc::not_running);
    auto const [late, state] = co_await subject.async_wait_state_change(run_state::unknown, asio::as_tuple(asio::deferred));
    BOOST_TEST(late == errc::not_running);
    BOOST_TEST(state == run_state::unknown);
}

COROUTINE_TEST_CASE(ends_with_a_start_that_fails)
{
    machine subject(co_await asio::this_coro::executor, bare_qemu("-device", "no-such-device"));
    completion<run_state> change(subject.get_executor());
    subject.async_wait_state_change(run_state::unknown, change.token());
    completion<> started(subject.get_executor());
    coqmp::start_diagnostics diagnostics;
    subject.async_start(diagnostics, started.token());
    BOOST_TEST(co_await started.done() == errc::machine_exited);
    BOOST_TEST(co_await change.done() == errc::not_running);
}

COROUTINE_TEST_CASE(ends_with_the_object)
{
    auto const executor = co_await asio::this_coro::executor;
    std::optional<machine> subject(std::in_place, executor, bare_qemu());
    completion<run_state> change(executor);
    subject->async_wait_state_change(run_state::unknown, change.token());
    subject.reset();
    BOOST_TEST(co_await change.done() == asio::error::operation_aborted);
}

COROUTINE_TEST_CASE(can_be_cancelled)
{
    machine subject(co_await asio::this_coro::executor, bare_qemu());
    completion<run_state> change(subject.get_executor());
    asio::cancellation_signal stop;
    subject.async_wait_state_change(run_state::unknown, asio::bind_cancellation_slot(stop.slot(), change.token()));
    stop.emit(asio::cancellation_type::total);
    BOOST_TEST(co_await change.done() == asio::error::operation_aborted);
    BOOST_TEST(change.times() == 1);
}

COROUTINE_TEST_CASE(ends_at_once_for_a_machine_that_was_moved_from)
{
    machine subject(co_await asio::this_coro::executor, bare_qemu());
    machine const moved = std::move(subject);
    BOOST_TEST(subject.state() == run_state::unknown);  // NOLINT(bugprone-use-after-move): that is the test
    auto const [error, state] = co_await subject.async_wait_state_change(run_state::unknown, asio::as_tuple(asio::deferred));
    BOOST_TEST(error == errc::not_running);
    BOOST_TEST(state == run_state::unknown);
}

BOOST_AUTO_TEST_SUITE_END()
