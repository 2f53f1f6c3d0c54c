// How a script comes to its QEMU, and what a command line says that makes no sense.
#include "qemu_fixture.hpp"
#include "script.hpp"
#include "support/real_qemu.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

using coqmp::test::real_qemu;
using namespace qmp_shell::test;

BOOST_FIXTURE_TEST_SUITE(script_connections, qemu_fixture)

BOOST_AUTO_TEST_CASE(the_address_may_come_from_the_environment)
{
    BOOST_TEST(run({"-c", "query-status"}, {}, {"QMP_SOCKET=" + address}).status == 0);
    BOOST_TEST(run({"-c", "query-status"}).status == 2);
}

// The wrong machine would get the command, and `quit` is one.
BOOST_AUTO_TEST_CASE(an_address_that_is_given_wins_over_the_environment)
{
    outcome const elsewhere = run({"/nowhere/monitor", "-c", "query-status"}, {}, {"QMP_SOCKET=" + address});
    BOOST_TEST(elsewhere.status == 3);
    BOOST_TEST(elsewhere.output == "");
    BOOST_TEST(run({address, "-c", "query-status"}, {}, {"QMP_SOCKET=/nowhere/monitor"}).status == 0);
    BOOST_TEST(run({"qom-list", "-s", address}, {}, {"QMP_SOCKET=/nowhere/monitor"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_command_line_that_makes_no_sense_says_what_does)
{
    outcome const get = run({"qom-get", "-s", address});
    BOOST_TEST(get.status == 2);
    BOOST_TEST(get.errors.starts_with("qmp-shell: qom-get takes PATH.PROPERTY\nUsage: qmp-shell qom-get [-s] [ADDRESS] "));
    BOOST_TEST(
        has(run({"qom-set", address, "/machine.type"}).errors, "takes PATH.PROPERTY VALUE, and here is only /machine.type"));
    outcome const wrap = run({address, "--wrap", "qemu-system-x86_64"});
    BOOST_TEST(wrap.status == 2);
    BOOST_TEST(has(wrap.errors, '"' + address + "\" stands before it"));
    outcome const wrong = run({"host:port"});
    BOOST_TEST(wrong.status == 2);
    BOOST_TEST(wrong.errors == "qmp-shell: \"host:port\": the port 'port' is no number from 0 to 65535\nTry qmp-shell --help\n");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_given_twice_is_refused)
{
    outcome const came = run({"/elsewhere", "qom-list", "-s", address, "/"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.output == "");
    BOOST_TEST(came.errors ==
               "qmp-shell: there are two addresses, /elsewhere and -s " + address + ": leave one out\nTry qmp-shell --help\n");
    outcome const after = run({"qom-list", address, "-s", address, "/"});
    BOOST_TEST(after.status == 2);
    BOOST_TEST(has(after.errors, "a word too many"));
}

BOOST_AUTO_TEST_CASE(a_command_without_c_is_told_where_it_belongs)
{
    outcome const came = run({address, "query-status"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.errors ==
               "qmp-shell: commands come after -c: qmp-shell " + address + " -c 'query-status'\nTry qmp-shell --help\n");
    outcome const long_one = run({address, "blockdev-del", "node-name=it's"});
    BOOST_TEST(has(long_one.errors, "-c \"blockdev-del node-name=it's\"\n"));
    BOOST_TEST(has(run({address, "--no-such-option"}).errors, "--no-such-option"));
    BOOST_TEST(!has(run({address, "--no-such-option"}).errors, "after -c"));
}

BOOST_AUTO_TEST_CASE(a_command_instead_of_an_address_is_told_where_it_belongs)
{
    for (std::vector<std::string> const& settings : {std::vector<std::string>(), {"QMP_SOCKET=" + address}}) {
        outcome const came = run({"query-status"}, {}, settings);
        BOOST_TEST(came.status == 3);
        BOOST_TEST(came.errors ==
                   "qmp-shell: cannot connect to unix:query-status: No such file or directory (a command? They come after -c: "
                   "qmp-shell ADDRESS -c query-status)\n");
    }
    BOOST_TEST(!has(run({"/query-status"}).errors, "-c"));
    BOOST_TEST(!has(run({"vm1.sock"}).errors, "-c"));
    BOOST_TEST(!has(run({"vm1", "-c", "query-status"}).errors, "-c"));
    BOOST_TEST(!has(run({"qom-list", "vm1"}).errors, "-c"));
}

BOOST_AUTO_TEST_CASE(two_addresses_are_one_too_many)
{
    outcome const came = run({"vm2.sock", "vm1.sock"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.errors ==
               "qmp-shell: there are two addresses, vm2.sock and vm1.sock: leave one out (commands come after -c)\n"
               "Try qmp-shell --help\n");
    BOOST_TEST(has(run({address, "/run/vm.sock"}).errors, "two addresses"));
    BOOST_TEST(has(run({address, "qom-get path=/machine"}).errors, "commands come after -c: "));
    BOOST_TEST(has(run({address, ":events", "on"}).errors, "commands come after -c: "));
}

BOOST_AUTO_TEST_CASE(help_that_cannot_be_written_is_told)
{
    for (std::string const option : {"--help", "--version", "qom-get --help"}) {
        script through({"-c", "exec \"$0\" " + option + " >/dev/full", QMP_SHELL_PROGRAM}, {}, "/bin/sh");
        outcome const came = through.finish();
        BOOST_TEST(came.status == 3);
        BOOST_TEST(came.errors == "qmp-shell: cannot write to standard output\n");
    }
}

BOOST_AUTO_TEST_CASE(somebody_who_listens_there_already_is_told_once)
{
    outcome const came = run({"--listen", address, "-c", "query-name"});
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.errors ==
               "qmp-shell: cannot listen on unix:" + address + ": someone is listening there; choose another path\n");
}

BOOST_AUTO_TEST_CASE(negotiation_can_be_left_to_the_script)
{
    outcome const refused = ask({"-N", "-c", "query-status"});
    BOOST_TEST(refused.status == 1);
    outcome const came = ask({"-N", "-c", "qmp_capabilities", "-c", "query-status"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");  // that QEMU greets is no news
    BOOST_TEST(has(came.output, "prelaunch"));
}

BOOST_AUTO_TEST_CASE(a_script_that_is_interrupted_ends)
{
    script shell({address});
    shell.write("query-status\n");
    shell.expect("prelaunch");
    shell.signal(SIGINT);
    BOOST_TEST(shell.wait().signal == SIGINT);
}

BOOST_AUTO_TEST_CASE(an_interrupt_counts_more_than_what_failed_before)
{
    script shell({"--keep-going", address});
    shell.write(":quit now\nquery-status\n");
    shell.expect("prelaunch");
    qemu.stop();
    shell.write(":trace on\nquery-name\n");
    shell.expect("-> {\"execute\":\"query-name\"");
    shell.signal(SIGINT);
    BOOST_TEST(shell.wait().signal == SIGINT);
    qemu.resume();
}

BOOST_AUTO_TEST_CASE(an_interrupt_between_two_waits_ends_the_script_too)
{
    script shell({address});
    shell.write("query-status\n");
    shell.expect("prelaunch");
    qemu.stop();
    shell.write(":trace on\n:wait-event RESUME\n");
    shell.expect("-> {\"execute\":\"query-qmp-schema\"");  // without it the event would be waited for next
    shell.signal(SIGINT);
    BOOST_TEST(shell.wait().signal == SIGINT);
    qemu.resume();
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_wait_for_an_answer)
{
    script shell({address});
    shell.write("query-status\n");
    shell.expect("prelaunch");
    qemu.stop();
    shell.write(":trace on\nquery-name\n");
    shell.expect("-> {\"execute\":\"query-name\"");
    shell.signal(SIGINT);
    outcome const came = shell.wait();
    BOOST_TEST(came.status == 130);
    BOOST_TEST(came.signal == SIGINT);
    BOOST_TEST(has(came.errors, "cancelled"));
    qemu.resume();
}

BOOST_AUTO_TEST_CASE(qemu_that_connects_to_the_shell_is_talked_to)
{
    coqmp::test::temporary_directory directory;
    std::string const door = directory.path() / "door";
    script shell({"--listen", door});
    shell.expect("waiting for a QEMU");
    std::vector<std::string> arguments = real_qemu::no_machine();
    for (std::string const& each : {std::string("-qmp"), "unix:" + door})
        arguments.push_back(each);
    real_qemu guest(arguments, coqmp::test::monitor_kind::pair);
    shell.write("query-status\nquit\n");
    outcome const came = shell.wait();
    BOOST_TEST(came.status == 0);
    BOOST_TEST(has(came.output, "prelaunch"));
    BOOST_TEST(guest.wait() == 0);
    BOOST_TEST(!std::filesystem::exists(door));
}

BOOST_AUTO_TEST_CASE(nobody_who_connects_in_time_is_an_error)
{
    std::string const door = qemu.directory() / "door";
    outcome const came = run({"--listen", door, "--timeout", "0.1", "-c", "query-status"});
    BOOST_TEST(came.status == 3);
    BOOST_TEST(has(came.errors, "no QEMU came"));
}

BOOST_AUTO_TEST_SUITE_END()
