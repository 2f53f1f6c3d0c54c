// What qmp-run reports to the service manager, and what QEMU does not inherit.
#include "running_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <string>
#include <vector>

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

BOOST_AUTO_TEST_CASE(what_a_guest_writes_is_no_line_of_the_log)
{
    std::vector<std::string> words{"-c", "exec \"$@\" 1>&2", "sh", QMP_RUN_PROGRAM};
    for (std::string const& each : script("printf '<0>vm1: forged\\nno end'; exit 1"))
        words.push_back(each);
    outcome const came = run_daemon("/bin/sh", words);
    BOOST_TEST(contains(came.log, "QEMU: <0>vm1: forged\n"), came.log);
    BOOST_TEST(contains(came.log, "QEMU: no end\n"), came.log);
    BOOST_TEST(!contains(came.log, "\n<0>"), came.log);
}

BOOST_AUTO_TEST_CASE(a_qemu_that_changes_its_user_is_warned_of)
{
    std::vector<std::string> words = script("exit 1");
    words.insert(words.end(), {"-runas", "nobody"});
    BOOST_TEST(contains(run_machine(words).log, "QEMU changes its user"));
    words = script("exit 1");
    words.insert(words.end(), {"-run-with", "chroot=/var/empty,user=nobody"});
    BOOST_TEST(contains(run_machine(words).log, "QEMU changes its user"));
    BOOST_TEST(!contains(run_machine(script("exit 1")).log, "QEMU changes its user"));
}

BOOST_AUTO_TEST_CASE(qemu_does_not_inherit_the_socket_of_the_service_manager)
{
    outcome const came = run_machine(script("echo \"socket: ${NOTIFY_SOCKET-none}\"; exit 1"));
    BOOST_TEST(came.output == "socket: none\n");
}

BOOST_AUTO_TEST_SUITE_END()
