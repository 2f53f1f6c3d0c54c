// How a script comes to its QEMU, and what a command line says that makes no sense.
#include "qemu_fixture.hpp"
#include "script.hpp"
#include "support/real_qemu.hpp"

#include <boost/test/unit_test.hpp>

#include <coqmp/descriptor.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

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
    BOOST_TEST(contains(run({"qom-set", address, "/machine.type"}).errors,
                        "takes PATH.PROPERTY VALUE; only \"/machine.type\" was given"));
    outcome const wrap = run({address, "--wrap", "qemu-system-x86_64"});
    BOOST_TEST(wrap.status == 2);
    BOOST_TEST(contains(wrap.errors, '"' + address + "\" stands before it"));
    outcome const wrong = run({"host:port"});
    BOOST_TEST(wrong.status == 2);
    BOOST_TEST(wrong.errors ==
               "qmp-shell: \"host:port\": the port 'port' is not a number from 0 to 65535\nTry qmp-shell --help\n");
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
    BOOST_TEST(contains(after.errors, "is one argument too many"));
}

BOOST_AUTO_TEST_CASE(a_command_without_c_is_told_where_it_belongs)
{
    outcome const came = run({address, "query-status"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.errors ==
               "qmp-shell: commands come after -c: qmp-shell " + address + " -c 'query-status'\nTry qmp-shell --help\n");
    outcome const long_one = run({address, "blockdev-del", "node-name=it's"});
    BOOST_TEST(contains(long_one.errors, "-c 'blockdev-del node-name=it'\\''s'\n"));
    BOOST_TEST(contains(run({address, "--no-such-option"}).errors, "--no-such-option"));
    BOOST_TEST(!contains(run({address, "--no-such-option"}).errors, "after -c"));
}

BOOST_AUTO_TEST_CASE(a_host_without_its_port_is_recognised)
{
    for (std::string const host : {"localhost", "127.0.0.1"}) {
        outcome const came = run({host, "-c", "query-status"});
        BOOST_TEST(came.status == 3);
        BOOST_TEST(contains(came.errors, " (a host? It needs a port, too: " + host + ":PORT)\n"));
    }
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
    BOOST_TEST(!contains(run({"/query-status"}).errors, "-c"));
    BOOST_TEST(!contains(run({"vm1.sock"}).errors, "-c"));
    BOOST_TEST(!contains(run({"vm1", "-c", "query-status"}).errors, "-c"));
    BOOST_TEST(!contains(run({"qom-list", "vm1"}).errors, "-c"));
}

BOOST_AUTO_TEST_CASE(two_addresses_are_one_too_many)
{
    outcome const came = run({"vm2.sock", "vm1.sock"});
    BOOST_TEST(came.status == 2);
    BOOST_TEST(came.errors ==
               "qmp-shell: there are two addresses, vm2.sock and vm1.sock: leave one out (commands come after -c)\n"
               "Try qmp-shell --help\n");
    BOOST_TEST(contains(run({address, "/run/vm.sock"}).errors, "two addresses"));
    BOOST_TEST(contains(run({address, "qom-get path=/machine"}).errors, "commands come after -c: "));
    BOOST_TEST(contains(run({address, ":events", "on"}).errors, "commands come after -c: "));
}

BOOST_AUTO_TEST_CASE(help_that_cannot_be_written_is_reported)
{
    for (std::string const option : {"--help", "--version", "qom-get --help"}) {
        script through({"-c", "exec \"$0\" " + option + " >/dev/full", QMP_SHELL_PROGRAM}, {}, "/bin/sh");
        outcome const came = through.finish();
        BOOST_TEST(came.status == 3);
        BOOST_TEST(came.errors == "qmp-shell: cannot write to standard output\n");
    }
}

BOOST_AUTO_TEST_CASE(an_address_in_use_is_reported_once)
{
    outcome const came = run({"--listen", address, "-c", "query-name"});
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.errors ==
               "qmp-shell: cannot listen on unix:" + address + ": another process is listening there; choose another path\n");
}

BOOST_AUTO_TEST_CASE(negotiation_can_be_left_to_the_script)
{
    outcome const refused = ask({"-N", "-c", "query-status"});
    BOOST_TEST(refused.status == 1);
    outcome const came = ask({"-N", "-c", "qmp_capabilities", "-c", "query-status"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");  // nothing is said about the greeting
    BOOST_TEST(contains(came.output, "prelaunch"));
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
    BOOST_TEST(contains(came.errors, "query-name: "));
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
    BOOST_TEST(contains(came.output, "prelaunch"));
    BOOST_TEST(guest.wait() == 0);
    BOOST_TEST(!std::filesystem::exists(door));
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_nothing_can_come_through_is_refused_with_the_reason)
{
    ::sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::string const path = (qemu.directory() / "listening").native();
    path.copy(where.sun_path, sizeof where.sun_path - 1);
    // The shell must inherit them.
    coqmp::descriptor const listening(::socket(AF_UNIX, SOCK_STREAM, 0));
    BOOST_REQUIRE(::bind(listening.number(), reinterpret_cast<::sockaddr const*>(&where), sizeof where) == 0);
    BOOST_REQUIRE(::listen(listening.number(), 1) == 0);
    coqmp::descriptor const datagram(::socket(AF_UNIX, SOCK_DGRAM, 0));
    coqmp::descriptor const file(::open("/dev/null", O_RDWR));
    auto const errors = [](coqmp::descriptor const& of) {
        outcome const came = run({"fd:" + std::to_string(of.number()), "-c", "query-status"});
        BOOST_TEST(came.status == 3);
        return came.errors;
    };
    std::string const name = "qmp-shell: cannot connect to fd:";
    BOOST_TEST(errors(listening) ==
               name + std::to_string(listening.number()) + ": it is a socket that is not connected (is it a listening one?)\n");
    BOOST_TEST(errors(datagram) == name + std::to_string(datagram.number()) + ": it is a socket, but not a stream socket\n");
    BOOST_TEST(errors(file) == name + std::to_string(file.number()) + ": it is not a socket\n");
    BOOST_TEST(contains(run({"fd:999", "-c", "query-status"}).errors, "cannot connect to fd:999: Bad file descriptor\n"));
}

// The printed arguments are pasted into another shell.
BOOST_AUTO_TEST_CASE(what_qemu_is_to_be_started_with_is_quoted_for_a_shell)
{
    std::string const door = (qemu.directory() / "it's a $door").native();
    outcome const came = run({"--listen", door, "--timeout", "0.1", "-c", "query-status"});
    std::string::size_type const begin = came.errors.find("-chardev");
    std::string const line = came.errors.substr(begin, came.errors.find('\n', begin) - begin);
    script other({"-c", "printf '<%s>' " + line}, {}, "/bin/sh");
    BOOST_TEST(other.finish().output ==
               "<-chardev><socket,id=qmp-shell,path=" + door + "><-mon><chardev=qmp-shell,mode=control>");
}

BOOST_AUTO_TEST_CASE(a_star_listens_where_every_qemu_finds_it)
{
    script shell({"--listen", "*:0", "-c", "query-status"});
    shell.expect("started with");
    shell.expect(",port=");
    shell.expect("-mon");
    std::string const said = content(shell.home() / "errors");
    std::size_t const port = said.find(",port=") + 6;
    std::string const number = said.substr(port, said.find(' ', port) - port);
    std::vector<std::string> arguments = real_qemu::no_machine();
    for (std::string const& each : {std::string("-qmp"), "tcp:127.0.0.1:" + number})
        arguments.push_back(each);
    real_qemu guest(arguments, coqmp::test::monitor_kind::pair);
    BOOST_TEST(shell.wait().status == 0);
}

BOOST_AUTO_TEST_CASE(no_connection_in_time_is_an_error)
{
    std::string const door = qemu.directory() / "door";
    outcome const came = run({"--listen", door, "--timeout", "0.1", "-c", "query-status"});
    BOOST_TEST(came.status == 3);
    BOOST_TEST(contains(came.errors, "qmp-shell: "));
}

BOOST_AUTO_TEST_SUITE_END()
