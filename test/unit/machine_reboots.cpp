// A supervised machine whose guest reboots, resets, or dumps.
#include "unit/supervised_machine.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace data = boost::unit_test::data;
using namespace coqmp::detail;
using namespace coqmp::test;
using coqmp::end_reason;

namespace {

constexpr restart_policy all_policies[] = {restart_policy::never, restart_policy::on_failure, restart_policy::unless_stopped,
                                           restart_policy::always};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_guest_of_a_machine)

BOOST_DATA_TEST_CASE(reboots_at_once_and_that_is_no_failure, data::make(all_policies), policy)
{
    supervised_machine vm(policy_of(policy));
    vm.run();
    for (int times = 0; times < 8; ++times) {
        vm.take(rebooted_once);
        BOOST_TEST(vm.ended(end_by(end_reason::guest_reboot)) == "launch");
        BOOST_TEST(vm.status() == "starting (the guest rebooted)");
        vm.connected();
        vm.answer("running");
    }
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(a_reboot_can_be_left_to_the_service_manager)
{
    auto policy = policy_of(restart_policy::never);
    policy.relaunch_after_reboot = false;
    supervised_machine vm(policy);
    vm.run();
    vm.take(rebooted_once);
    BOOST_TEST(vm.ended(end_by(end_reason::guest_reboot)) == "");
    BOOST_TEST(vm.status() == "stopped (the guest rebooted)");
}

BOOST_AUTO_TEST_CASE(a_guest_that_dumps_gets_more_time)
{
    supervised_machine vm;
    vm.run();
    BOOST_TEST(vm.take(crash_kernel_began) == "");
    BOOST_TEST(vm.status() == "running, responsive, dumping");
    BOOST_TEST(vm.wait_answering("running", 60s) == "");
    BOOST_TEST(vm.stop() == "shut down within 615000 ms");  // 75 s, and what is left of 10 minutes
}

BOOST_AUTO_TEST_CASE(a_guest_that_crashes_while_it_is_stopped_gets_more_time_once)
{
    supervised_machine vm;
    vm.run();
    BOOST_TEST(vm.stop() == "shut down within 75000 ms");
    vm.after(5s);
    BOOST_TEST(vm.take(crash_kernel_began) == "extend by 600000 ms");
    BOOST_TEST(vm.status() == "stopping (asked by the operator), responsive, dumping");
    vm.after(5min);
    BOOST_TEST(vm.take(crash_kernel_began) == "");
    BOOST_TEST(vm.after(364s) == "");
    BOOST_TEST(vm.after(6s) == "kill");  // 75 s and 10 minutes after the stop
}

BOOST_AUTO_TEST_CASE(a_guest_whose_dump_began_before_the_stop_gets_no_time_twice)
{
    supervised_machine vm;
    vm.run();
    vm.take(crash_kernel_began);
    BOOST_TEST(vm.stop() == "shut down within 675000 ms");
    BOOST_TEST(vm.take(crash_kernel_began) == "");
}

BOOST_AUTO_TEST_CASE(a_guest_that_crashes_delays_no_shutdown_of_the_host)
{
    supervised_machine vm;
    vm.run();
    (void)vm.rules.stop_with_host(60s, vm.now);
    BOOST_TEST(vm.take(crash_kernel_began) == "");
    BOOST_TEST(vm.after(60s) == "kill");
}

BOOST_AUTO_TEST_CASE(a_guest_that_crashes_does_not_end_a_stop_without_a_limit)
{
    supervised_machine vm;
    vm.run();
    (void)vm.rules.stop(vm.now, 0s);
    BOOST_TEST(vm.take(crash_kernel_began) == "");
    BOOST_TEST(vm.after(24h) == "");
}

BOOST_AUTO_TEST_CASE(a_dump_is_over_when_the_guest_resets_or_takes_too_long)
{
    supervised_machine vm;
    vm.run();
    vm.take(crash_kernel_began);
    vm.take(guest_reset);
    BOOST_TEST(vm.status() == "running, responsive");
    vm.answer("running");
    vm.take(crash_kernel_began);
    BOOST_TEST(vm.wait_answering("running", 10min) == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(resets_in_a_loop_are_reported)
{
    supervised_machine vm;
    vm.run();
    for (int times = 0; times < 24; ++times) {  // as QEMU reported them within 1.5 s
        vm.after(62ms);
        if (vm.take(guest_reset) == "ask for the state")
            vm.answer("running");
        BOOST_TEST(vm.rules.status().is_boot_looping == (times >= 10));
    }
    BOOST_TEST(vm.status() == "running, responsive, in a boot loop");
    BOOST_TEST(vm.wait_answering("running", 1min) == "");
    BOOST_TEST(vm.status() == "running, responsive");
}

BOOST_AUTO_TEST_CASE(resets_in_a_loop_can_end_it)
{
    auto policy = policy_of(restart_policy::always);
    policy.on_boot_loop = boot_loop_action::give_up;
    supervised_machine vm(policy);
    vm.run();
    for (int times = 0; times < 10; ++times)
        vm.take(guest_reset);
    vm.answer("running");
    BOOST_TEST(vm.take(guest_reset) == "shut down within 75000 ms");
    BOOST_TEST(vm.ended(end_by(end_reason::requested)) == "");
    BOOST_TEST(vm.status() == "given up (the guest keeps rebooting), in a boot loop");
    BOOST_TEST(vm.after(1h) == "");
    BOOST_TEST(vm.status() == "given up (the guest keeps rebooting)");
}

BOOST_AUTO_TEST_CASE(reboots_that_end_qemu_are_a_boot_loop_too)
{
    auto policy = policy_of(restart_policy::never);
    policy.on_boot_loop = boot_loop_action::give_up;
    supervised_machine vm(policy);
    vm.start();
    for (int times = 0; times < 10; ++times)
        BOOST_TEST(vm.ended(end_by(end_reason::guest_reboot)) == "launch");
    BOOST_TEST(vm.ended(end_by(end_reason::guest_reboot)) == "");
    BOOST_TEST(vm.status() == "given up (the guest keeps rebooting), in a boot loop");
}

BOOST_AUTO_TEST_CASE(resets_by_the_host_are_no_boot_loop)
{
    supervised_machine vm;
    vm.run();
    for (int times = 0; times < 24; ++times)
        vm.take(R"(RESET {"guest":false,"reason":"host-qmp-system-reset"})");
    BOOST_TEST(!vm.rules.status().is_boot_looping);
}

BOOST_AUTO_TEST_SUITE_END()
