// How well a supervised machine answers: responsive, busy, silent. Only the kernel says gone.
#include "unit/supervised_machine.hpp"

#include <boost/test/unit_test.hpp>

using namespace coqmp::detail;
using namespace coqmp::test;
using coqmp::end_reason;

namespace {

supervised_machine running_machine(std::chrono::nanoseconds kill_silent_after = 0s)
{
    auto policy = policy_of(restart_policy::on_failure);
    policy.kill_silent_after = kill_silent_after;
    supervised_machine vm(policy);
    vm.run();
    return vm;
}

/// Its main loop and its monitor have stopped to answer.
void fall_silent(supervised_machine& vm)
{
    BOOST_TEST(vm.after(10s) == "ask for the state");
    BOOST_TEST(vm.after(5s) == "");
    BOOST_TEST(vm.after(1s) == "ask out of band");
    BOOST_TEST(vm.after(5s) == "");
    BOOST_TEST(vm.after(1s) == "");
    BOOST_TEST(vm.status() == "running, silent");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_liveness_of_a_machine)

BOOST_AUTO_TEST_CASE(is_asked_for_regularly)
{
    auto vm = running_machine();
    for (int times = 0; times < 10; ++times) {
        BOOST_TEST(vm.after(9999ms) == "");
        BOOST_TEST(vm.after(1ms) == "ask for the state");
        BOOST_TEST(vm.answer("running") == "");
    }
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(is_busy_when_only_the_monitor_answers_and_nothing_is_killed)
{
    auto vm = running_machine(1s);
    BOOST_TEST(vm.after(10s) == "ask for the state");
    vm.after(5s);
    BOOST_TEST(vm.after(1s) == "ask out of band");
    BOOST_TEST(vm.finished(finished_action::ask_out_of_band) == "");
    BOOST_TEST(vm.status() == "running, busy");
    for (int times = 0; times < 100; ++times) {  // a migration of a large guest
        BOOST_TEST(vm.wait() == "ask out of band");
        BOOST_TEST(vm.finished(finished_action::ask_out_of_band) == "");
    }
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(is_silent_when_nothing_answers_and_nothing_is_killed_by_default)
{
    auto vm = running_machine();
    fall_silent(vm);
    BOOST_TEST(vm.after(24h) == "");
    BOOST_TEST(vm.status() == "running, silent");
    BOOST_TEST(vm.finished(finished_action::ask_out_of_band) == "");
    BOOST_TEST(vm.status() == "running, busy");
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(ends_by_sigkill_if_the_policy_says_so)
{
    auto vm = running_machine(20s);
    fall_silent(vm);
    BOOST_TEST(vm.after(19s) == "");
    BOOST_TEST(vm.after(1s) == "kill");
    BOOST_TEST(vm.status() == "stopping (QEMU did not respond), silent");
    BOOST_TEST(vm.after(1h) == "");  // it is in state D: the kernel has not ended it, and no other one is started
    BOOST_TEST(vm.ended(end_by(end_reason::requested, killed)) == "");
    BOOST_TEST(vm.status() == "backing off (QEMU did not respond)");
    BOOST_TEST(vm.after(1s) == "launch");
}

BOOST_AUTO_TEST_CASE(an_answer_in_time_saves_it)
{
    auto vm = running_machine(20s);
    fall_silent(vm);
    BOOST_TEST(vm.after(19s) == "");
    vm.answer("running");
    BOOST_TEST(vm.after(1s) == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(a_guest_that_dumps_is_not_killed_for_its_silence)
{
    auto vm = running_machine(20s);
    vm.take(R"(GUEST_CRASHLOADED {"action":"run"})");
    vm.after(10s);
    vm.after(5s);
    vm.after(1s);
    vm.after(5s);
    vm.after(1s);
    BOOST_TEST(vm.status() == "running, silent, dumping");
    BOOST_TEST(vm.after(9min) == "");
    BOOST_TEST(vm.after(1min) == "kill");
}

BOOST_AUTO_TEST_CASE(a_supervisor_that_was_itself_stopped_blames_nobody)
{
    auto vm = running_machine(1s);
    vm.after(10s);
    BOOST_TEST(vm.after(1h) == "");  // the answer waits in the socket, and is read now
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.status() == "running, responsive");
    vm.after(10s);
    vm.after(5s);
    BOOST_TEST(vm.after(1s) == "ask out of band");
    BOOST_TEST(vm.after(1h) == "");
    BOOST_TEST(vm.finished(finished_action::ask_out_of_band) == "");
    BOOST_TEST(vm.status() == "running, busy");
}

BOOST_AUTO_TEST_CASE(without_a_connection_is_silence_and_a_new_connection_is_wanted)
{
    auto vm = running_machine();
    BOOST_TEST(vm.disconnected() == "reconnect");
    BOOST_TEST(vm.status() == "running, responsive");  // perhaps it has just ended
    BOOST_TEST(vm.after(1s) == "");
    BOOST_TEST(vm.status() == "running, silent");
    BOOST_TEST(vm.start() == "");  // no second QEMU
    BOOST_TEST(vm.after(24h) == "");
    BOOST_TEST(vm.connected() == "ask for the state");
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(an_end_of_the_connection_with_an_end_of_the_process_is_not_called_silence)
{
    auto vm = running_machine();
    vm.take(powered_off);
    vm.asked.clear();
    vm.disconnected();
    vm.ended(end_by(end_reason::guest_shutdown));
    for (machine_action const& each : vm.asked)
        if (auto const* const report = std::get_if<actions::report>(&each))
            BOOST_TEST((report->status.health != liveness::silent));
}

BOOST_AUTO_TEST_CASE(an_end_that_takes_long_is_neither_silence_nor_a_failure)
{
    auto vm = running_machine(20s);
    vm.take(powered_off);
    vm.disconnected();
    BOOST_TEST(vm.after(1s) == "");
    BOOST_TEST(vm.status() == "running, responsive");
    BOOST_TEST(vm.after(1h) == "");  // it frees the memory of a large guest
    BOOST_TEST(vm.ended(end_by(end_reason::guest_shutdown)) == "");
    BOOST_TEST(vm.status() == "stopped (the guest shut down)");
}

BOOST_AUTO_TEST_CASE(is_judged_again_when_qemu_goes_on_after_it_has_announced_its_end)
{
    auto vm = running_machine(20s);
    vm.take(powered_off);
    vm.take("STOP");  // -no-shutdown
    vm.answer_all("shutdown");
    vm.disconnected();
    vm.after(1s);
    BOOST_TEST(vm.status() == "paused (the guest has shut down), silent");
    BOOST_TEST(vm.after(20s) == "kill");
}

BOOST_AUTO_TEST_CASE(of_a_qemu_that_was_killed_is_no_failure_if_its_guest_had_shut_down)
{
    auto vm = running_machine(20s);
    fall_silent(vm);
    BOOST_TEST(vm.after(20s) == "kill");
    BOOST_TEST(vm.ended(end_by(end_reason::requested, killed, "guest-shutdown")) == "");  // the event was in the socket
    BOOST_TEST(vm.status() == "stopped (the guest shut down)");
}

BOOST_AUTO_TEST_CASE(an_event_is_a_sign_of_life)
{
    auto vm = running_machine(20s);
    fall_silent(vm);
    vm.take("POWERDOWN");
    BOOST_TEST(vm.status() == "running, busy");
    BOOST_TEST(vm.after(10s) == "");
    BOOST_TEST(vm.after(1s) == "");
    BOOST_TEST(vm.status() == "running, silent");  // and nothing since
}

BOOST_AUTO_TEST_CASE(cannot_be_judged_without_out_of_band_commands)
{
    auto policy = policy_of(restart_policy::on_failure);
    policy.kill_silent_after = 1s;
    supervised_machine vm(policy);
    vm.start();
    (void)vm.rules.connected(false, false, vm.now);
    vm.answer("running");
    BOOST_TEST(vm.after(10s) == "ask for the state");
    vm.after(5s);
    BOOST_TEST(vm.after(1s) == "");
    BOOST_TEST(vm.status() == "running, busy");
    BOOST_TEST(vm.after(24h) == "");
    BOOST_TEST((vm.rules.next_time() == supervised_machine::time_point::max()));
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(there_is_one_question_at_a_time)
{
    auto vm = running_machine();
    BOOST_TEST(vm.take("STOP") == "ask for the state");
    for (char const* const what : {"RESUME", "STOP", "RESUME"})
        BOOST_TEST(vm.take(what) == "");
    BOOST_TEST(vm.answer("paused") == "ask for the state");  // the answer may be older than the last event
    BOOST_TEST(vm.status() == "running, responsive");
    BOOST_TEST(vm.answer("running") == "");
}

BOOST_AUTO_TEST_CASE(a_state_that_passes_is_asked_for_soon)
{
    auto vm = running_machine();
    vm.take("STOP");
    BOOST_TEST(vm.answer("save-vm") == "");
    BOOST_TEST(vm.status() == "running, responsive");
    BOOST_TEST(vm.after(1s) == "ask for the state");
    BOOST_TEST(vm.answer("running") == "");
    BOOST_TEST(vm.after(9s) == "");
}

BOOST_AUTO_TEST_CASE(wakes_the_supervisor_for_questions_only)
{
    auto vm = running_machine();
    int wakes = 0;
    for (auto const end = vm.now + 1h; vm.rules.next_time() < end; ++wakes)
        if (vm.wait() == "ask for the state")
            vm.answer("running");
    BOOST_TEST(wakes < 361);
}

BOOST_AUTO_TEST_SUITE_END()
