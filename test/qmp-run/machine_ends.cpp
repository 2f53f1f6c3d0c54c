// Each end of a machine, and the exit status that it leads to, with a real QEMU.
#include "running_machine.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"

#include <coqmp/command.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <string>
#include <vector>

using namespace qmp_run::test;
using namespace coqmp::test;

BOOST_FIXTURE_TEST_SUITE(machine_ends, run_fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(a_guest_that_shuts_down_ends_with_0)
{
    outcome const came = run_machine(running({}, power_off));
    BOOST_TEST(came.status == 0, came.log);
    BOOST_TEST(contains(came.log, "qemu-system-x86_64: QEMU has ended: the guest shut down"), came.log);
    BOOST_TEST(times(came.log, "Starting QEMU") == 1U, came.log);
}

BOOST_AUTO_TEST_CASE(a_guest_that_reboots_ends_with_80)
{
    outcome const came = run_machine(running({}, triple_fault, "-no-reboot"));
    BOOST_TEST(came.status == 80, came.log);
}

BOOST_AUTO_TEST_CASE(a_guest_that_panics_ends_with_81)
{
    outcome const came = run_machine(running({"--name", "vm1"}, panic, "-device", "pvpanic"));
    BOOST_TEST(came.status == 81, came.log);
    BOOST_TEST(contains(came.log, "error vm1: QEMU has ended: the guest panicked"), came.log);
}

BOOST_AUTO_TEST_CASE(a_watchdog_that_switches_the_guest_off_ends_with_82)
{
    outcome const came = run_machine(running({}, watchdog, "-device", "ib700", "-action", "watchdog=poweroff"));
    BOOST_TEST(came.status == 82, came.log);
}

BOOST_AUTO_TEST_CASE(a_quit_of_another_client_ends_with_83)
{
    running_machine machine(running({}, idle, "-qmp", "unix:" + path("monitor") + ",server=on,wait=off"));
    machine.expect_ready();
    run([](coqmp::endpoint monitor) -> boost::asio::awaitable<void> {
        coqmp::session client = co_await connect_to(monitor);
        coqmp::command quit("quit");
        co_await client.execute(quit);
    }(at("monitor")));
    BOOST_TEST(machine.wait() == 83);
}

BOOST_AUTO_TEST_CASE(a_sigterm_to_qemu_ends_with_83)
{
    running_machine machine(running({}, idle));
    machine.expect_ready();
    ::kill(qemu(), SIGTERM);
    BOOST_TEST(machine.wait() == 83);
}

BOOST_AUTO_TEST_CASE(a_qemu_that_is_killed_ends_with_84)
{
    running_machine machine(running({}, idle));
    machine.expect_ready();
    ::kill(qemu(), SIGKILL);
    BOOST_TEST(machine.wait() == 84);
    BOOST_TEST(contains(machine.log(), "a signal ended QEMU: it was killed by signal 9"), machine.log());
}

BOOST_AUTO_TEST_CASE(a_qemu_that_is_killed_ends_with_84_although_the_parent_ignores_sigchld)
{
    std::vector<std::string> words{"-c", "trap '' CHLD; exec \"$@\"", "sh", QMP_RUN_PROGRAM};
    for (std::string const& each : running({}, idle))
        words.push_back(each);
    running_daemon machine("/bin/sh", words);
    machine.expect_ready();
    ::kill(qemu(), SIGKILL);
    BOOST_TEST(machine.wait() == 84);
}

BOOST_AUTO_TEST_CASE(a_paused_guest_that_is_killed_after_its_shutdown_ends_with_84)
{
    running_machine machine(running({}, power_off, "-no-shutdown"));
    machine.expect("STATUS=The guest is paused: the guest has shut down");
    ::kill(qemu(), SIGKILL);
    BOOST_TEST(machine.wait() == 84);
}

BOOST_AUTO_TEST_CASE(a_silent_qemu_is_killed_on_request_and_ends_with_84)
{
    running_machine machine(running({"--kill-silent", "3s"}, idle));
    machine.expect_ready();
    ::kill(qemu(), SIGSTOP);
    machine.expect("QEMU is not answering");
    BOOST_TEST(machine.wait() == 84);
    BOOST_TEST(contains(machine.log(), "QEMU has ended: QEMU did not respond"), machine.log());
}

BOOST_AUTO_TEST_CASE(a_qemu_that_refuses_its_arguments_ends_with_85_and_is_quoted)
{
    outcome const came = run_machine({"--", "qemu-system-x86_64", "-no-such-option"});
    BOOST_TEST(came.status == 85, came.log);
    BOOST_TEST(contains(came.log, "QEMU: qemu-system-x86_64: -no-such-option: invalid option"), came.log);
    std::string const error = came.log.substr(came.log.find("error qemu-system-x86_64: QEMU did not become ready"));
    BOOST_TEST(contains(error, "-no-such-option: invalid option"), came.log);
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_exist_ends_with_85)
{
    outcome const came = run_machine({"--", path("nothing")});
    BOOST_TEST(came.status == 85, came.log);
    BOOST_TEST(contains(came.log, "No such file or directory"), came.log);
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_ends_with_2)
{
    outcome const came = run_machine({"--timeout", "soon", "--", "qemu-system-x86_64"});
    BOOST_TEST(came.status == 2, came.log);
    BOOST_TEST(contains(came.log, "qmp-run: --timeout needs a time"), came.log);
}

BOOST_AUTO_TEST_CASE(a_guest_that_ran_out_of_space_is_continued)
{
    // again: mov ax, 0x301; mov cx, 2; mov dx, 0x81; mov bx, 0x7c00; int 0x13; jmp again: writes to the second disk
    constexpr auto writes = "\xB8\x01\x03\xB9\x02\x00\xBA\x81\x00\xBB\x00\x7C\xCD\x13\xEB\xF0"sv;
    running_machine machine(running({"--timeout", "1s"}, writes, "-blockdev",
                                    "driver=blkdebug,node-name=disk,image.driver=null-co,image.size=1048576,"
                                    "inject-error.0.event=none,inject-error.0.iotype=write,inject-error.0.errno=28,"
                                    "inject-error.0.once=on",
                                    "-device", "ide-hd,drive=disk,bus=ide.0,unit=1,werror=enospc"));
    machine.expect("STATUS=The guest is paused: the disk is full");
    machine.expect("STATUS=The guest is running");
    BOOST_TEST(machine.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
