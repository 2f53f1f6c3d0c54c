// The life of one supervised machine: what its supervisor does on each input.
#include "supervision/machine_lifecycle.hpp"

#include "unit/supervised_machine.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using namespace coqmp::detail;
using namespace coqmp::test;
using coqmp::end_reason;
using coqmp::exit_status;

namespace {

/// An end, what the supervisor does then under each policy, and the state in which the machine rests if it is not started again.
struct ending
{
    char const* name;
    std::vector<std::string> events;
    end_reason reason;
    exit_status status;
    std::string resting;
    restart_policy restarted_by;  ///< The least policy that starts it again.
};

std::ostream& operator<<(std::ostream& out, ending const& what)
{
    return out << what.name;
}

// The rows of the table of causes that end QEMU. Its exit status is 0 in nearly all of them.
ending const endings[] = {
    {"a panic",
     {panicked_and_off, switched_off_by_panic},
     end_reason::guest_panic,
     exited,
     "failed (the guest panicked)",
     restart_policy::on_failure},
    {"a panic with an exit status",
     {panicked_and_off, switched_off_by_panic},
     end_reason::guest_panic,
     {1, 0},
     "failed (the guest panicked)",
     restart_policy::on_failure},
    {"the guest shuts down",
     {powered_off},
     end_reason::guest_shutdown,
     exited,
     "stopped (the guest shut down)",
     restart_policy::always},
    {"the watchdog",
     {R"(WATCHDOG {"action":"poweroff"})"},
     end_reason::watchdog,
     exited,
     "failed (the watchdog expired)",
     restart_policy::on_failure},
    {"SIGTERM of another process",
     {terminated},
     end_reason::external,
     exited,
     "stopped (QEMU received a request to quit)",
     restart_policy::unless_stopped},
    {"quit by another client",
     {quit_by_qmp},
     end_reason::external,
     exited,
     "stopped (QEMU received a request to quit)",
     restart_policy::unless_stopped},
    {"SIGKILL", {}, end_reason::signal, killed, "failed (a signal ended QEMU)", restart_policy::on_failure},
    {"an exit status", {}, end_reason::unknown, {1, 0}, "failed (QEMU failed)", restart_policy::on_failure},
    {"no explanation",
     {},
     end_reason::unknown,
     exited,
     "stopped (the reason for its end is unknown)",
     restart_policy::on_failure},
    {"an adopted machine ends without a word",
     {},
     end_reason::unknown,
     not_known,
     "stopped (the reason for its end is unknown)",
     restart_policy::on_failure},
    {"a cause of a later QEMU",
     {R"(SHUTDOWN {"guest":false,"reason":"host-holiday"})"},
     end_reason::unknown,
     exited,
     "stopped (the reason for its end is unknown)",
     restart_policy::unless_stopped},
};

constexpr restart_policy all_policies[] = {restart_policy::never, restart_policy::on_failure, restart_policy::unless_stopped,
                                           restart_policy::always};

/// Lets a machine that runs end so.
std::string let_end(supervised_machine& vm, ending const& what)
{
    for (std::string const& each : what.events)
        BOOST_TEST(vm.take(each) == "");
    vm.disconnected();
    return vm.ended(end_by(what.reason, what.status));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_life_of_a_machine)

BOOST_AUTO_TEST_CASE(begins_when_its_operator_wants_it)
{
    supervised_machine vm;
    BOOST_TEST(vm.status() == "defined");
    BOOST_TEST(vm.start() == "launch");
    BOOST_TEST(vm.status() == "starting (asked by the operator)");
    BOOST_TEST(vm.memory() == "up");
    BOOST_TEST(vm.connected() == "ask for the state");
    BOOST_TEST(vm.status() == "starting (asked by the operator), responsive");
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(the_wish_is_stored_before_it_is_acted_on)
{
    supervised_machine vm;
    machine_memory up;
    up.wish = machine_wish::up;
    vm.start();
    BOOST_TEST_REQUIRE(vm.asked.size() == 3U);
    BOOST_TEST(vm.asked[0] == machine_action(actions::store{up}));
    BOOST_TEST(vm.asked[1] == machine_action(actions::launch{}));
    vm.asked.clear();
    vm.stop();
    BOOST_TEST(vm.asked[0] == machine_action(actions::store{machine_memory{}}));
    BOOST_TEST(vm.asked[1] == machine_action(actions::shut_down{75s}));
}

BOOST_DATA_TEST_CASE(ends_and_each_policy_decides, data::make(endings) * data::make(all_policies), what, policy)
{
    supervised_machine vm(policy_of(policy));
    vm.run();
    BOOST_TEST(let_end(vm, what) == "");
    bool const is_restarted = policy >= what.restarted_by;
    std::string const reason = what.resting.substr(what.resting.find('('));
    BOOST_TEST(vm.status() == (is_restarted ? "backing off " + reason : what.resting));
    BOOST_TEST(vm.wait() == (is_restarted ? "launch" : ""));
}

BOOST_DATA_TEST_CASE(whose_operator_stopped_it_stays_down, data::make(endings) * data::make(all_policies), what, policy)
{
    supervised_machine vm(policy_of(policy));
    vm.run();
    BOOST_TEST(vm.stop() == "shut down within 75000 ms");
    BOOST_TEST(vm.status() == "stopping (asked by the operator), responsive");
    let_end(vm, what);
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
    BOOST_TEST(vm.memory() == "down");
    BOOST_TEST(vm.wait() == "");
}

BOOST_DATA_TEST_CASE(that_ended_by_our_own_request_stays_down, data::make(all_policies), policy)
{
    supervised_machine vm(policy_of(policy));
    vm.run();
    BOOST_TEST(vm.take(terminated) == "");
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
    BOOST_TEST(vm.memory().starts_with("down"));
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_backs_off_at_once)
{
    supervised_machine vm;
    vm.start();
    BOOST_TEST(vm.ended(end_by(end_reason::failed_start, {1, 0})) == "");
    BOOST_TEST(vm.status() == "backing off (QEMU did not become ready)");
    BOOST_TEST(vm.after(999ms) == "");
    BOOST_TEST(vm.after(1ms) == "launch");
    BOOST_TEST(vm.status() == "starting (QEMU did not become ready)");
}

BOOST_AUTO_TEST_CASE(the_oom_killer_is_told_from_other_signals)
{
    supervised_machine vm(policy_of(restart_policy::never));
    vm.run();
    auto end = end_by(end_reason::signal, killed);
    end.is_out_of_memory = true;
    vm.ended(end);
    BOOST_TEST(vm.status() == "failed (the host ran out of memory)");
}

BOOST_AUTO_TEST_CASE(backs_off_longer_and_longer_and_gives_up)
{
    supervised_machine vm;
    vm.start();
    std::vector<long> pauses;
    while (vm.rules.status().state != lifecycle::given_up && pauses.size() < 20) {
        BOOST_TEST(vm.ended(end_by(end_reason::failed_start, {1, 0})) == "");
        if (auto const until = vm.rules.status().until) {
            pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(*until - vm.now).count());
            BOOST_TEST(vm.wait() == "launch");
        }
    }
    BOOST_TEST(pauses == (std::vector<long>{1, 2, 4, 8, 16}), boost::test_tools::per_element());
    BOOST_TEST(vm.status() == "given up (QEMU did not become ready)");
    BOOST_TEST((vm.rules.next_time() == supervised_machine::time_point::max()));
    BOOST_TEST(vm.memory() == "up, given up");
    BOOST_TEST(vm.start() == "launch");  // its operator may try again, as often as before
    BOOST_TEST(vm.memory() == "up");
    BOOST_TEST(vm.ended(end_by(end_reason::failed_start, {1, 0})) == "");
    BOOST_TEST(vm.after(1s) == "launch");
}

BOOST_AUTO_TEST_CASE(failures_are_forgotten_after_a_quiet_time)
{
    supervised_machine vm;
    vm.run();
    for (int times = 0; times < 20; ++times) {
        BOOST_TEST(vm.wait_answering("running", 10min) == "");
        BOOST_TEST(vm.ended(end_by(end_reason::signal, killed)) == "");
        BOOST_TEST(vm.after(1s) == "launch");
        vm.connected();
        vm.answer("running");
    }
}

BOOST_AUTO_TEST_CASE(stop_ends_a_back_off)
{
    supervised_machine vm;
    vm.run();
    vm.ended(end_by(end_reason::signal, killed));
    BOOST_TEST(vm.stop() == "");
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
    BOOST_TEST(vm.after(1h) == "");
}

BOOST_AUTO_TEST_CASE(stop_during_a_start_ends_it)
{
    supervised_machine vm;
    vm.start();
    BOOST_TEST(vm.stop() == "shut down within 75000 ms");
    BOOST_TEST(vm.connected() == "");  // too late
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
}

BOOST_AUTO_TEST_CASE(the_last_wish_counts)
{
    supervised_machine vm;
    vm.run();
    vm.stop();
    BOOST_TEST(vm.start() == "");
    BOOST_TEST(vm.memory() == "up, restart under way");
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "launch");
    BOOST_TEST(vm.memory() == "up");
    vm.connected();
    vm.answer("running");
    BOOST_TEST(vm.restart() == "shut down within 75000 ms");
    BOOST_TEST(vm.stop() == "");
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
    BOOST_TEST(vm.memory() == "down");
}

BOOST_AUTO_TEST_CASE(a_stop_can_be_hurried_and_never_delayed)
{
    supervised_machine vm;
    vm.run();
    vm.stop();
    using shut_down = actions::shut_down;
    auto const contains = [](machine_actions const& all, machine_action const& one) {
        return std::ranges::find(all, one) != all.end();
    };
    BOOST_TEST(contains(vm.rules.stop(vm.now, 10s), shut_down{10s}));
    BOOST_TEST(!contains(vm.rules.stop(vm.now, 20s), shut_down{20s}));
    BOOST_TEST(vm.kill() == "kill");
}

BOOST_AUTO_TEST_CASE(a_stop_that_does_not_end_it_ends_in_sigkill)
{
    supervised_machine vm;
    vm.run();
    vm.stop();
    BOOST_TEST(vm.after(74s) == "");
    BOOST_TEST(vm.after(1s) == "kill");
    BOOST_TEST(vm.status() == "stopping (asked by the operator), responsive");  // until the kernel says so
    BOOST_TEST(vm.start() == "");                                               // and so no second QEMU
    BOOST_TEST(vm.ended(end_by(end_reason::requested, killed)) == "launch");
}

BOOST_AUTO_TEST_CASE(events_that_a_guest_survives_change_nothing)
{
    for (char const* const what : {R"(GUEST_PANICKED {"action":"run"})", R"(WATCHDOG {"action":"inject-nmi"})",
                                   R"(WATCHDOG {"action":"debug"})", R"(WATCHDOG {"action":"none"})", "POWERDOWN",
                                   R"(WATCHDOG {"action":"shutdown"})", "BLOCK_IO_ERROR", "VSERPORT_CHANGE", "X_LATER_EVENT"}) {
        supervised_machine vm;
        vm.run();
        BOOST_TEST(vm.take(what) == "", what);
        BOOST_TEST(vm.status() == "running, responsive", what);
        BOOST_TEST(vm.memory() == "up", what);
    }
}

BOOST_AUTO_TEST_CASE(a_watchdog_that_resets_does_not_stop_it)
{
    supervised_machine vm;
    vm.run();
    BOOST_TEST(vm.take(R"(WATCHDOG {"action":"reset"})") == "");
    BOOST_TEST(vm.take(guest_reset) == "ask for the state");
    vm.answer("running");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_of_a_qemu_that_is_about_to_end)
{
    for (char const* const what : {powered_off, rebooted_once, panicked_and_off, R"(WATCHDOG {"action":"poweroff"})"}) {
        supervised_machine vm;
        vm.run();
        BOOST_TEST(vm.take(what) == "", what);
        BOOST_TEST(vm.after(29s) == "", what);
        BOOST_TEST(vm.after(1s) == "ask for the state", what);  // it should have ended long ago
    }
}

BOOST_AUTO_TEST_CASE(shutdown_is_recorded_for_the_next_supervisor)
{
    supervised_machine vm;
    vm.run();
    vm.take(powered_off);
    BOOST_TEST(vm.memory() == "up, shutdown by guest-shutdown");
    vm.take("STOP");  // -no-shutdown
    vm.answer("shutdown");
    BOOST_TEST(vm.status() == "paused (the guest has shut down), responsive");
    BOOST_TEST(vm.memory() == "up, shutdown by guest-shutdown");
    vm.take(R"(RESET {"guest":false,"reason":"host-qmp-system-reset"})");
    BOOST_TEST(vm.memory() == "up");
}

BOOST_AUTO_TEST_CASE(goes_down_with_its_host_and_comes_back_with_it)
{
    supervised_machine vm;
    vm.run();
    BOOST_TEST(vm.stop_with_host() == "shut down within 30000 ms");
    vm.take(powered_off);
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "stopped (the host is shutting down)");
    BOOST_TEST(vm.memory() == "up");
    supervised_machine after_the_boot;
    BOOST_TEST(after_the_boot.recall(vm.rules.memory(), found_process::other_boot) == "launch");
}

BOOST_AUTO_TEST_CASE(a_stop_by_its_operator_counts_also_when_the_host_goes_down)
{
    supervised_machine vm;
    vm.run();
    vm.stop();
    BOOST_TEST(vm.rules.stop_with_host(30s, vm.now).front() == machine_action(actions::shut_down{30s}));
    vm.ended(end_by(end_reason::requested));
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
    BOOST_TEST(vm.memory() == "down");
}

BOOST_AUTO_TEST_CASE(can_be_released_and_nothing_more_is_asked)
{
    supervised_machine vm;
    vm.run();
    BOOST_TEST(vm.release() == "release");
    BOOST_TEST(vm.memory() == "up");
    BOOST_TEST(vm.ended(end_by(end_reason::signal, killed)) == "");
    BOOST_TEST(vm.start() == "");
    BOOST_TEST(vm.stop() == "");
    BOOST_TEST(vm.after(1h) == "");
}

BOOST_AUTO_TEST_CASE(is_released_when_its_start_or_its_stop_is_over)
{
    supervised_machine starting;
    starting.start();
    BOOST_TEST(starting.release() == "");
    BOOST_TEST(starting.connected() == "ask for the state, release");
    supervised_machine stopping;
    stopping.run();
    stopping.stop();
    BOOST_TEST(stopping.release() == "");
    BOOST_TEST(stopping.ended(end_by(end_reason::requested)) == "release");
    supervised_machine failing;
    failing.start();
    failing.release();
    BOOST_TEST(failing.ended(end_by(end_reason::failed_start)) == "release");
}

BOOST_AUTO_TEST_CASE(of_another_owner_is_only_observed)
{
    auto policy = policy_of(restart_policy::always);
    policy.is_observed = true;
    policy.on_panic = panic_action::reset;
    policy.kill_silent_after = 1s;
    supervised_machine vm(policy);
    BOOST_TEST(vm.start() == "");
    BOOST_TEST(vm.recall({}, found_process::alive) == "");
    BOOST_TEST(vm.connected() == "ask for the state");
    vm.answer("running");
    BOOST_TEST(vm.status() == "running, responsive");
    vm.take(no_space_left);
    BOOST_TEST(vm.take("STOP") == "ask for the state");
    vm.answer("io-error");
    BOOST_TEST(vm.status() == "paused (the disk is full), responsive");
    BOOST_TEST(vm.wait_answering("io-error", 5min) == "");
    vm.take(panicked_and_paused);
    vm.take("STOP");
    BOOST_TEST(vm.answer("guest-panicked") == "");
    BOOST_TEST(vm.stop() == "");
    BOOST_TEST(vm.kill() == "");
    BOOST_TEST(vm.disconnected() == "reconnect");
    BOOST_TEST(vm.after(1h) == "");
    BOOST_TEST(vm.status() == "paused (the guest panicked), silent");
    BOOST_TEST(vm.ended(end_by(end_reason::signal, killed)) == "");
    BOOST_TEST(vm.status() == "failed (a signal ended QEMU)");
    BOOST_TEST(vm.recall({}, found_process::alive) == "");  // it comes again
    BOOST_TEST(vm.connected() == "ask for the state");
    for (machine_action const& each : vm.asked)
        BOOST_TEST(!std::holds_alternative<actions::store>(each));
}

BOOST_AUTO_TEST_SUITE_END()
