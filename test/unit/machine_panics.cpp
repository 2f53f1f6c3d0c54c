// A supervised machine whose guest has panicked and is paused: what becomes of it, and its dump.
#include "unit/supervised_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace coqmp::detail;
using namespace coqmp::test;
using coqmp::end_reason;

namespace {

std::string panic(supervised_machine& vm)
{
    vm.take(panicked_and_paused);
    vm.take("STOP");
    return vm.answer("guest-panicked");
}

supervision_policy after_panic(panic_action what)
{
    auto policy = policy_of(restart_policy::on_failure);
    policy.on_panic = what;
    return policy;
}

/// The same, with a dump; then it is left to its operator.
supervision_policy dumping()
{
    auto policy = after_panic(panic_action::leave);
    policy.dumps_after_panic = true;
    return policy;
}

constexpr auto patience = 10min;

}  // namespace

BOOST_AUTO_TEST_SUITE(after_a_panic)

BOOST_AUTO_TEST_CASE(a_panicked_guest_is_left_to_its_operator)
{
    supervised_machine vm;
    vm.run();
    BOOST_TEST(panic(vm) == "");
    BOOST_TEST(vm.status() == "paused (the guest panicked), responsive");
    BOOST_TEST(vm.wait_answering("guest-panicked", patience) == "");
}

BOOST_AUTO_TEST_CASE(a_panicked_guest_can_be_reset_and_not_without_end)
{
    supervised_machine vm(after_panic(panic_action::reset));
    vm.run();
    for (int times = 0; times < 5; ++times) {
        BOOST_TEST(panic(vm) == "reset");
        vm.take(R"(RESET {"guest":false,"reason":"host-qmp-system-reset"})");
        vm.take("RESUME");
        vm.answer_all("running");
    }
    BOOST_TEST(panic(vm) == "shut down within 75000 ms");
    vm.ended(end_by(end_reason::requested));
    BOOST_TEST(vm.status() == "given up (the guest panicked)");
}

BOOST_AUTO_TEST_CASE(a_panicked_guest_that_a_client_holds_is_not_reset)
{
    supervised_machine vm(after_panic(panic_action::reset));
    vm.run();
    vm.client(client_step::stop_sent);
    BOOST_TEST(panic(vm) == "");
}

BOOST_AUTO_TEST_CASE(a_panicked_guest_can_be_ended_and_started_again)
{
    supervised_machine vm(after_panic(panic_action::end));
    vm.run();
    BOOST_TEST(panic(vm) == "shut down within 75000 ms");
    BOOST_TEST(vm.status() == "stopping (the guest panicked), responsive");
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "backing off (the guest panicked)");
    BOOST_TEST(vm.after(1s) == "launch");
}

BOOST_AUTO_TEST_CASE(a_panicked_guest_is_reset_when_that_can_be_sent)
{
    auto policy = after_panic(panic_action::reset);
    policy.dumps_after_panic = true;
    supervised_machine vm(policy);
    vm.run();
    vm.take(panicked_and_paused);
    vm.take("STOP");
    BOOST_TEST(vm.answer_all("guest-panicked") == "dump");
    BOOST_TEST(vm.disconnected() == "reconnect");
    BOOST_TEST(vm.finished(finished_action::dump_guest) == "");
    BOOST_TEST(vm.connected() == "ask for the state");
    BOOST_TEST(vm.answer("guest-panicked") == "reset");
}

BOOST_AUTO_TEST_CASE(a_panicked_guest_is_dumped_first)
{
    auto policy = dumping();
    policy.on_panic = panic_action::reset;
    supervised_machine vm(policy);
    vm.run();
    BOOST_TEST(panic(vm) == "dump");
    BOOST_TEST(vm.status() == "paused (the guest panicked), responsive, dumping");
    BOOST_TEST(vm.wait_answering("guest-panicked", 9min) == "");
    BOOST_TEST(vm.finished(finished_action::dump_guest) == "reset");
    BOOST_TEST(vm.status() == "paused (the guest panicked), responsive");
    BOOST_TEST(vm.wait_answering("guest-panicked", patience) == "");
}

BOOST_AUTO_TEST_CASE(a_dump_that_does_not_end_does_not_hold_up_the_rest)
{
    auto policy = dumping();
    policy.on_panic = panic_action::reset;
    supervised_machine vm(policy);
    vm.run();
    panic(vm);
    BOOST_TEST(vm.wait_answering("guest-panicked", 11min) == "shut down within 75000 ms");  // a dump cannot be cancelled
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "backing off (the guest panicked)");
}

BOOST_AUTO_TEST_CASE(a_qemu_that_does_not_answer_while_it_dumps_is_not_silent)
{
    auto policy = dumping();
    policy.kill_silent_after = 30s;
    supervised_machine vm(policy);
    vm.run();
    panic(vm);
    BOOST_TEST(vm.after(1min) == "");
    BOOST_TEST(vm.status() == "paused (the guest panicked), responsive, dumping");
    vm.disconnected();
    vm.after(2s);
    BOOST_TEST(vm.after(8min) == "");  // silent without a connection, but it has its time
    BOOST_TEST(vm.status() == "paused (the guest panicked), silent, dumping");
    BOOST_TEST(vm.after(58s) == "kill");
}

BOOST_AUTO_TEST_CASE(a_stop_waits_for_the_dump)
{
    supervised_machine vm(dumping());
    vm.run();
    panic(vm);
    vm.after(1min);
    BOOST_TEST(vm.stop() == "");
    BOOST_TEST(vm.status() == "stopping (asked by the operator), responsive, dumping");
    vm.after(1min);
    BOOST_TEST(vm.finished(finished_action::dump_guest) == "shut down within 75000 ms");
    BOOST_TEST(vm.status() == "stopping (asked by the operator), responsive");
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "stopped (asked by the operator)");
}

BOOST_AUTO_TEST_CASE(a_stop_waits_no_longer_for_a_dump_than_that_may_take)
{
    supervised_machine vm(dumping());
    vm.run();
    panic(vm);
    vm.after(1min);
    BOOST_TEST(vm.stop() == "");
    BOOST_TEST(vm.after(9min) == "shut down within 75000 ms");
    BOOST_TEST(vm.after(75s) == "kill");
}

BOOST_AUTO_TEST_CASE(a_stop_with_a_budget_of_its_own_waits_for_no_dump)
{
    supervised_machine vm(dumping());
    vm.run();
    panic(vm);
    BOOST_TEST(vm.stop() == "");
    machine_actions const asked = vm.rules.stop(vm.now, 5s);
    BOOST_TEST(std::ranges::count(asked, machine_action(actions::shut_down{5s})) == 1);
    BOOST_TEST(vm.finished(finished_action::dump_guest) == "");
    BOOST_TEST(vm.kill() == "kill");
}

BOOST_AUTO_TEST_CASE(a_panicked_guest_that_its_owner_has_reset_meanwhile_runs_on_after_its_dump)
{
    supervised_machine vm(dumping());
    vm.run();
    panic(vm);
    vm.take(R"(RESET {"guest":false,"reason":"host-qmp-system-reset"})");
    vm.answer_all("prelaunch");
    BOOST_TEST(vm.finished(finished_action::dump_guest) == "");
    vm.take("RESUME");
    vm.answer_all("running");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(each_panic_is_dumped_once)
{
    supervised_machine vm(dumping());
    vm.run();
    BOOST_TEST(panic(vm) == "dump");
    BOOST_TEST(vm.finished(finished_action::dump_guest) == "");  // it is left to its owner
    BOOST_TEST(vm.wait_answering("guest-panicked", patience) == "");
    vm.take(R"(RESET {"guest":false,"reason":"host-qmp-system-reset"})");
    vm.take("RESUME");
    vm.answer_all("running");
    BOOST_TEST(panic(vm) == "dump");
}

BOOST_AUTO_TEST_SUITE_END()
