// QEMU's run states and their events, as a fake QEMU has them.
#include "testing/guest_model.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

namespace json = boost::json;
using coqmp::run_state;
using coqmp::testing::fake_qemu_options;
using coqmp::testing::panic_action;
using coqmp::testing::watchdog_action;
using coqmp::testing::detail::guest_change;
using coqmp::testing::detail::guest_model;

namespace {

/// `GUEST_PANICKED {"action":"pause"}, STOP`, with `, the end` or the refusal behind it.
std::string text_of(guest_change const& change)
{
    std::string result;
    for (auto const& [name, data] : change.events)
        result += (result.empty() ? "" : ", ") + name + (data.empty() ? "" : " " + json::serialize(data));
    if (!change.refusal.empty())
        result += "refused: " + change.refusal;
    return result + (change.is_end ? ", the end" : "");
}

fake_qemu_options of_version(int major)
{
    fake_qemu_options options;
    options.greeting.version.major = major;
    return options;
}

guest_model in_state(run_state state, fake_qemu_options const& options = {})
{
    guest_model result(options);
    result.force(state);
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(guest_model_)

BOOST_AUTO_TEST_CASE(a_guest_begins_running_or_before_its_launch)
{
    BOOST_TEST(guest_model(fake_qemu_options()).state() == run_state::running);
    fake_qemu_options options;
    options.starts_paused = true;
    BOOST_TEST(guest_model(options).state() == run_state::prelaunch);
}

BOOST_AUTO_TEST_CASE(the_status_has_the_members_of_the_version)
{
    BOOST_TEST(guest_model(of_version(7)).status() ==
               (json::object{{"status", "running"}, {"singlestep", false}, {"running", true}}));
    BOOST_TEST(in_state(run_state::io_error).status() == (json::object{{"status", "io-error"}, {"running", false}}));
}

BOOST_AUTO_TEST_CASE(only_what_runs_is_paused)
{
    guest_model guest{fake_qemu_options()};
    BOOST_TEST(text_of(guest.stop()) == "STOP");
    BOOST_TEST(guest.state() == run_state::paused);
    BOOST_TEST(text_of(guest.stop()) == "");
    for (run_state const state : {run_state::io_error, run_state::prelaunch, run_state::guest_panicked, run_state::watchdog}) {
        guest_model other = in_state(state);
        BOOST_TEST(text_of(other.stop()) == "");
        BOOST_TEST(other.state() == state);
    }
}

BOOST_AUTO_TEST_CASE(a_guest_goes_on_unless_it_must_be_reset)
{
    for (run_state const state : {run_state::paused, run_state::io_error, run_state::guest_panicked, run_state::watchdog,
                                  run_state::prelaunch, run_state::postmigrate}) {
        guest_model guest = in_state(state);
        BOOST_TEST(text_of(guest.cont()) == "RESUME");
        BOOST_TEST(guest.state() == run_state::running);
        BOOST_TEST(text_of(guest.cont()) == "");
    }
    for (run_state const state : {run_state::shutdown, run_state::internal_error}) {
        guest_model guest = in_state(state);
        BOOST_TEST(text_of(guest.cont()) == "refused: Resetting the Virtual Machine is required");
        BOOST_TEST(guest.state() == state);
    }
    BOOST_TEST(text_of(in_state(run_state::finish_migrate).cont()) == "refused: Migration is not finalized yet");
}

BOOST_AUTO_TEST_CASE(a_reset_leaves_a_paused_guest_before_its_launch)
{
    guest_model guest{fake_qemu_options()};
    BOOST_TEST(text_of(guest.system_reset()) == R"(RESET {"guest":false,"reason":"host-qmp-system-reset"})");
    BOOST_TEST(guest.state() == run_state::running);
    guest.stop();
    BOOST_TEST(text_of(guest.reset()) == R"(RESET {"guest":true,"reason":"guest-reset"})");
    BOOST_TEST(guest.state() == run_state::prelaunch);
}

BOOST_AUTO_TEST_CASE(without_reboots_a_reset_is_the_end)
{
    fake_qemu_options options;
    options.no_reboot = true;
    BOOST_TEST(text_of(guest_model(options).reset()) == R"(SHUTDOWN {"guest":true,"reason":"guest-reset"}, the end)");
    options.no_shutdown = true;
    guest_model guest(options);
    BOOST_TEST(text_of(guest.reset()) == R"(SHUTDOWN {"guest":true,"reason":"guest-reset"}, STOP)");
    BOOST_TEST(guest.state() == run_state::shutdown);
}

BOOST_AUTO_TEST_CASE(a_panic_pauses_ends_or_changes_nothing)
{
    guest_model guest{fake_qemu_options()};
    BOOST_TEST(text_of(guest.panic(panic_action::run)) == R"(GUEST_PANICKED {"action":"run"})");
    BOOST_TEST(guest.state() == run_state::running);
    BOOST_TEST(text_of(guest.panic(panic_action::poweroff)) ==
               R"(GUEST_PANICKED {"action":"poweroff"}, SHUTDOWN {"guest":true,"reason":"guest-panic"}, the end)");
    BOOST_TEST(text_of(guest.panic(panic_action::pause)) == R"(GUEST_PANICKED {"action":"pause"}, STOP)");
    BOOST_TEST(guest.state() == run_state::guest_panicked);
}

BOOST_AUTO_TEST_CASE(a_guest_shuts_down_and_its_qemu_stays_if_it_must)
{
    BOOST_TEST(text_of(guest_model(fake_qemu_options()).shut_down()) ==
               R"(SHUTDOWN {"guest":true,"reason":"guest-shutdown"}, the end)");
    fake_qemu_options options;
    options.no_shutdown = true;
    guest_model guest(options);
    BOOST_TEST(text_of(guest.shut_down()) == R"(SHUTDOWN {"guest":true,"reason":"guest-shutdown"}, STOP)");
    BOOST_TEST(guest.state() == run_state::shutdown);
    BOOST_TEST(text_of(guest.terminate()) == R"(SHUTDOWN {"guest":false,"reason":"host-signal"}, the end)");
    BOOST_TEST(text_of(guest.quit()) == R"(SHUTDOWN {"guest":false,"reason":"host-qmp-quit"}, the end)");
}

BOOST_AUTO_TEST_CASE(a_watchdog_does_what_it_is_told_to)
{
    auto const what = [](watchdog_action action) { return text_of(guest_model(fake_qemu_options()).expire_watchdog(action)); };
    BOOST_TEST(what(watchdog_action::reset) == R"(WATCHDOG {"action":"reset"}, RESET {"guest":true,"reason":"guest-reset"})");
    BOOST_TEST(what(watchdog_action::shutdown) == R"(WATCHDOG {"action":"shutdown"}, POWERDOWN)");
    BOOST_TEST(what(watchdog_action::poweroff) == R"(WATCHDOG {"action":"poweroff"}, the end)");
    BOOST_TEST(what(watchdog_action::pause) == R"(WATCHDOG {"action":"pause"}, STOP)");
    BOOST_TEST(what(watchdog_action::inject_nmi) == R"(WATCHDOG {"action":"inject-nmi"})");
    BOOST_TEST(what(watchdog_action::debug) == R"(WATCHDOG {"action":"debug"})");
    BOOST_TEST(what(watchdog_action::none) == R"(WATCHDOG {"action":"none"})");
}

BOOST_AUTO_TEST_CASE(a_disk_error_pauses_once)
{
    guest_model guest{fake_qemu_options()};
    guest_change const first = guest.fail_disk({{"node-name", "root"}});
    BOOST_REQUIRE(first.events.size() == 2);
    BOOST_TEST(first.events[0].data.at("node-name") == json::value("root"));
    BOOST_TEST(first.events[0].data.at("nospace") == json::value(true));
    BOOST_TEST(first.events[1].name == "STOP");
    BOOST_TEST(guest.state() == run_state::io_error);
    BOOST_TEST(guest.fail_disk({}).events.size() == 1);
    BOOST_TEST(text_of(guest.cont()) == "RESUME");
}

BOOST_AUTO_TEST_CASE(a_guest_sleeps_and_is_woken)
{
    guest_model guest{fake_qemu_options()};
    BOOST_TEST(text_of(guest.system_wakeup()) == "refused: wake-up from suspend is not supported by this guest");
    BOOST_TEST(text_of(guest.suspend()) == "SUSPEND");
    BOOST_TEST(guest.state() == run_state::suspended);
    BOOST_TEST(text_of(guest.cont()) == "");
    BOOST_TEST(text_of(guest.system_wakeup()) == "WAKEUP");
    BOOST_TEST(guest.state() == run_state::running);
    BOOST_TEST(text_of(guest.system_wakeup()) == "refused: Unable to wake up: guest is not in suspended state");
}

BOOST_AUTO_TEST_CASE(a_sleeping_guest_is_paused_since_qemu_9)
{
    guest_model old = in_state(run_state::suspended, of_version(8));
    BOOST_TEST(text_of(old.stop()) == "");
    BOOST_TEST(old.state() == run_state::suspended);
    guest_model recent = in_state(run_state::suspended, of_version(9));
    BOOST_TEST(text_of(recent.stop()) == "STOP");
    BOOST_TEST(recent.state() == run_state::paused);
    BOOST_TEST(text_of(recent.cont()) == "RESUME");
    BOOST_TEST(recent.state() == run_state::suspended);
}

BOOST_AUTO_TEST_CASE(an_internal_error_pauses)
{
    guest_model guest{fake_qemu_options()};
    BOOST_TEST(text_of(guest.fail_internally()) == "STOP");
    BOOST_TEST(guest.state() == run_state::internal_error);
}

BOOST_AUTO_TEST_SUITE_END()
