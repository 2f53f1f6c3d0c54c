// Why real QEMUs end.
#include <coqmp/machine.hpp>

#include "support/guests.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <functional>
#include <string>

namespace asio = boost::asio;
using coqmp::end_reason;
using coqmp::exit_status;
using coqmp::machine;
using coqmp::machine_end;
using coqmp::machine_spec;
using step = coqmp::shutdown_step;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// Starts a machine, lets the test act, and waits for the end.
asio::awaitable<machine_end> end_after(machine_spec const& spec, std::function<void(machine&)> act)
{
    machine subject(co_await asio::this_coro::executor, spec);
    co_await subject.async_start();
    BOOST_TEST(!subject.end());
    // QEMU 7.2 may hang if SIGTERM comes while it begins to execute a command, here the question for its state.
    co_await subject.async_wait_state_change(coqmp::run_state::unknown, asio::as_tuple(asio::deferred));
    act(subject);
    auto const status = co_await subject.async_wait();
    auto const end = subject.end();
    BOOST_REQUIRE(end.has_value());
    BOOST_TEST((end->status == status));
    co_return *end;
}

void nothing(machine& /*subject*/) {}

/// Checks how it ends.
void check(machine_spec const& spec, std::function<void(machine&)> const& act, machine_end const& expected)
{
    auto const body = [&]() -> asio::awaitable<void> {
        machine_end const end = co_await end_after(spec, act);
        BOOST_TEST(end.reason == expected.reason);
        BOOST_TEST(end.shutdown_cause == expected.shutdown_cause);
        BOOST_TEST((end.status == expected.status));
        BOOST_TEST(end.step == expected.step);
    };
    run(body());
}

constexpr exit_status success{0, 0};

struct fixture
{
    temporary_directory folder;
    std::filesystem::path const& path = folder.path();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_end_of_a_machine, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(is_known_when_the_guest_switches_itself_off)
{
    check(guest(power_off, path), nothing, {end_reason::guest_shutdown, success, "guest-shutdown", step::none});
}

BOOST_AUTO_TEST_CASE(is_known_when_the_guest_panics)
{
    check(guest(panic, path, "-device", "pvpanic"), nothing, {end_reason::guest_panic, success, "guest-panic", step::none});
}

BOOST_AUTO_TEST_CASE(is_known_when_the_guest_reboots)
{
    check(guest(triple_fault, path, "-no-reboot"), nothing, {end_reason::guest_reboot, success, "guest-reset", step::none});
}

BOOST_AUTO_TEST_CASE(is_known_when_the_watchdog_expires)
{
    check(guest(watchdog, path, "-device", "ib700", "-action", "watchdog=poweroff"), nothing,
          {end_reason::watchdog, success, "", step::none});
}

BOOST_AUTO_TEST_CASE(is_known_when_another_process_ends_it)
{
    check(bare_qemu(), [](machine& subject) { ::kill(subject.pid(), SIGTERM); },
          {end_reason::external, success, "host-signal", step::none});
    check(bare_qemu(), [](machine& subject) { ::kill(subject.pid(), SIGKILL); },
          {end_reason::signal, {-1, SIGKILL}, "", step::none});
}

BOOST_AUTO_TEST_CASE(is_known_when_its_owner_ends_it)
{
    check(bare_qemu(), [](machine& subject) { subject.kill(); }, {end_reason::requested, {-1, SIGKILL}, "", step::none});
    check(bare_qemu(), [](machine& subject) { subject.async_shutdown(10s, [](auto...) {}); },
          {end_reason::requested, success, "host-qmp-quit", step::quit});
}

BOOST_AUTO_TEST_CASE(says_which_step_of_the_shutdown_was_the_last)
{
    auto const shut_down = [](coqmp::shutdown_options const& options) {
        return [options](machine& subject) { subject.async_shutdown(options, [](auto...) {}); };
    };
    check(guest(idle, path, "-no-shutdown"), shut_down(coqmp::shutdown_options(-1s)),
          {end_reason::requested, {-1, SIGKILL}, "", step::kill});
    check(guest(idle, path), shut_down(coqmp::shutdown_options(60s).without_guest()),
          {end_reason::requested, success, "host-qmp-quit", step::quit});
}

BOOST_AUTO_TEST_CASE(comes_sooner_when_a_later_shutdown_wants_it_sooner)
{
    int completed = 0;
    // The guest ignores its power button: without the second call this would wait for it forever.
    auto const twice = [&completed](machine& subject) {
        subject.async_shutdown(0s, [&completed](auto...) { ++completed; });
        subject.async_shutdown(-1s, [&completed](auto...) { ++completed; });
    };
    check(guest(idle, path), twice, {end_reason::requested, {-1, SIGKILL}, "", step::kill});
    BOOST_TEST(completed == 2);
}

BOOST_AUTO_TEST_CASE(is_a_failed_start_when_it_does_not_get_ready)
{
    asio::io_context context;
    machine subject(context, bare_qemu("-device", "no-such-device"));
    bool failed = false;
    subject.async_start([&failed](std::exception_ptr failure) { failed = failure != nullptr; });
    BOOST_TEST(!subject.end());
    context.run();
    BOOST_TEST(failed);
    BOOST_REQUIRE(subject.end().has_value());
    BOOST_TEST(subject.end()->reason == end_reason::failed_start);
    BOOST_TEST((subject.end()->status == exit_status{1, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
