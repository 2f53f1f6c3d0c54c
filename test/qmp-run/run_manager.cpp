// What qmp-run reports to the service manager, and what QEMU does not inherit.
#include "running_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <string>

using namespace qmp_run::test;
using namespace coqmp::test;

BOOST_FIXTURE_TEST_SUITE(run_manager, run_fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(the_service_manager_follows_the_machine)
{
    running_machine machine(running({"--timeout", "1s"}, idle));
    machine.expect("STATUS=Starting QEMU");
    machine.expect("EXTEND_TIMEOUT_USEC=");
    machine.expect_ready();
    machine.expect("STATUS=The guest is running");
    machine.signal(SIGTERM);
    machine.expect("STATUS=Shutting down");
    machine.expect("STOPPING=1");
    machine.expect("EXTEND_TIMEOUT_USEC=");
    machine.expect("STATUS=QEMU has ended");
    BOOST_TEST(machine.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_guest_that_has_not_begun_is_ready)
{
    running_machine machine(running({"--timeout", "1s"}, idle, "-S"));
    machine.expect_ready();
    machine.expect("STATUS=The guest is paused: the guest has not begun to run");
    BOOST_TEST(machine.stop() == 0);
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed_again_and_again)
{
    running_machine machine(running({"--timeout", "1s"}, idle), {"WATCHDOG_USEC=20000"});
    for (int time = 0; time < 3; ++time)
        machine.expect("WATCHDOG=1");
    machine.signal(SIGTERM);
    machine.expect("STOPPING=1");
    BOOST_TEST(machine.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_watchdog_is_fed_by_qmp_run_while_it_waits_for_a_stopped_qemu)
{
    running_machine machine(running({}, idle), {"WATCHDOG_USEC=20000"});
    machine.expect_ready();
    ::kill(qemu(), SIGSTOP);
    machine.expect("WATCHDOG=1");
    machine.signal(SIGTERM);
    machine.expect("STOPPING=1");
    machine.signal(SIGINT);
    BOOST_TEST(machine.wait() == 0);
}

BOOST_AUTO_TEST_CASE(qemu_does_not_inherit_the_socket_of_the_service_manager)
{
    outcome const came = run_machine(script("echo \"socket: ${NOTIFY_SOCKET-none}\"; exit 1"));
    BOOST_TEST(came.output == "socket: none\n");
}

BOOST_AUTO_TEST_SUITE_END()
