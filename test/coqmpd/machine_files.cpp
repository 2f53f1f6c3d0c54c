// A machine's file: what is read, and what is said about each mistake.
#include "daemon/configuration/problem_list.hpp"
#include "machines/machine_file.hpp"
#include "machines/machine_name.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace coqmpd;
using namespace std::chrono_literals;

namespace {

/// What is said about a text.
std::string refusal(std::string const& text)
{
    try {
        (void)parse_machine_file(text, "vm.toml");
        return "accepted";
    } catch (coqmp_daemon::configuration_error const& error) {
        return error.what();
    }
}

std::string const launched = "arguments = []\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_files, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_short_file_has_the_defaults)
{
    machine_file const read = parse_machine_file(launched, "vm.toml");
    BOOST_TEST(read.program == "qemu-system-x86_64");
    BOOST_TEST(read.arguments.empty());
    BOOST_TEST(read.user.empty());
    BOOST_TEST(!read.is_observed());
    BOOST_TEST(read.heal_no_space);
    BOOST_TEST((read.restart == restart_settings{}));
    BOOST_TEST((read.restart.policy == restart_policy::on_failure));
    BOOST_TEST((read.shutdown.budget == 75s));
    BOOST_TEST((read.limits == limit_settings{}));
    BOOST_TEST((read.monitor == monitor_settings()));
    BOOST_TEST(read.hooks.empty());
}

BOOST_AUTO_TEST_CASE(a_long_file_is_read)
{
    machine_file const read = parse_machine_file(R"(
program = "/usr/bin/qemu-system-x86_64"
arguments = ["-append", ""]
environment = ["LANG=C", "EMPTY="]
user = 0
after = ["router", "disks.1"]
[restart]
policy = "unless-stopped"
most = 0
[boot_loop]
action = "give-up"
[panic]
action = "reset"
dump = true
dump_directory = "/var/crash"
[liveness]
kill_silent_after = "10min"
[shutdown]
budget = "2min"
agent = "/run/vm.agent"
[limits]
memory = "4GiB"
cpus = 1.5
core = 0
[monitor]
mode = "0660"
policy = "operator"
hold = false
[[hook]]
program = "/usr/bin/mail-me"
arguments = ["--urgent"]
states = ["given-up"]
reasons = ["panicked"]
events = ["GUEST_PANICKED"]
)",
                                                 "vm.toml");
    BOOST_REQUIRE(read.arguments.size() == 2U);
    BOOST_TEST(read.arguments[1].value.empty());
    BOOST_TEST((read.arguments[0].position == coqmp_daemon::file_position{3, 14}));
    BOOST_TEST(read.user == "0");
    BOOST_TEST(read.environment.size() == 2U);
    BOOST_REQUIRE(read.after.size() == 2U);
    BOOST_TEST(read.after[1].value == "disks.1");
    BOOST_TEST((read.restart.policy == restart_policy::unless_stopped));
    BOOST_TEST((read.boot_loop.action == boot_loop_action::give_up));
    BOOST_TEST((read.panic.action == panic_action::reset));
    BOOST_TEST((read.liveness.kill_silent_after == 10min));
    BOOST_TEST((read.shutdown.agent == coqmp::endpoint::unix_socket("/run/vm.agent")));
    BOOST_TEST((read.limits.memory == std::uint64_t{4} << 30));
    BOOST_TEST(*read.limits.cpus == 1.5);
    BOOST_TEST(*read.limits.core == 0U);
    BOOST_REQUIRE(read.hooks.size() == 1U);
    BOOST_TEST(read.hooks[0].states.at(0) == "given-up");
    BOOST_TEST((read.hooks[0].timeout == 30s));
}

BOOST_AUTO_TEST_CASE(each_mistake_is_described_with_its_place)
{
    struct mistake
    {
        std::string text;
        std::string message;
    };
    std::vector<mistake> const mistakes{
        {"", R"(vm.toml:1:1: the file needs the key "arguments", or "observe" for a QEMU of another owner)"},
        {launched + "restrat = 1", R"(vm.toml:2:1: unknown key "restrat": did you mean restart?)"},
        {launched + "[restart]\npolicy = 'on-failur'",
         R"(vm.toml:3:10: restart.policy: unknown value "on-failur": did you mean on-failure?)"},
        {launched + "[restart]\nfirst_pause = '1h'", "vm.toml:2:2: restart: first_pause is longer than longest_pause"},
        {launched + "after = ['a', 'a']", R"(vm.toml:2:15: after: "a" appears twice)"},
        {launched + "after = ['.a']",
         R"(vm.toml:2:10: after: ".a" is not the name of a machine: it must begin with a letter or a digit)"},
        {launched + "after = 'a'",
         R"(vm.toml:2:9: after: expected a list of machines, such as ["router"], found the string "a")"},
        {"arguments = ['-m', 5]", "vm.toml:1:20: arguments: expected a string in quotes, found the integer 5"},
        {"arguments = [\"a\\u0000b\"]",
         R"(vm.toml:1:14: arguments: "a\x00b" has a null character, which no program can receive)"},
        {launched + "environment = ['LANG']", R"(vm.toml:2:16: environment: "LANG" is not of the form NAME=value)"},
        {launched + "working_directory = 'here'",
         R"(vm.toml:2:21: working_directory: expected an absolute path in quotes, found the string "here")"},
        {launched + "user = 'no-such-user'", R"(vm.toml:2:8: user: this host has no user "no-such-user")"},
        {launched + "[limits]\ncpus = 0",
         "vm.toml:3:8: limits.cpus: expected a number of CPUs from 0.01 to 10000, found the integer 0"},
        {launched + "[shutdown]\nask_guest = false\nagent = '/a'",
         "vm.toml:2:2: shutdown: the agent is not used with ask_guest = false"},
        {launched + "[panic]\ndump = true", "vm.toml:2:2: panic: a dump needs a dump_directory"},
        {launched + "[[hook]]\nprogram = '/a'\nevents = ['A']\n[[hook]]\nprogram = '/b'",
         "vm.toml:5:1: hook: it is never run: name events, states or reasons"},
        {launched + "[[hook]]\nprogram = 'a'\nstates = ['gived-up']\nevents = ['A*']",
         "vm.toml:3:11: hook.program: expected an absolute path in quotes, found the string \"a\"\n"
         "vm.toml:4:11: hook.states: unknown value \"gived-up\": did you mean given-up?\n"
         "vm.toml:5:11: hook.events: \"A*\" is not the name of an event; there are no patterns"},
    };
    for (mistake const& each : mistakes)
        BOOST_TEST(refusal(each.text) == each.message);
}

BOOST_AUTO_TEST_CASE(an_observed_machine_has_an_address_or_a_pattern)
{
    machine_file const one = parse_machine_file("observe = '/run/vm.qmp'", "vm.toml");
    BOOST_REQUIRE(one.is_observed());
    BOOST_TEST((one.observe.value->address == coqmp::endpoint::unix_socket("/run/vm.qmp")));
    machine_file const many = parse_machine_file("observe = 'unix:/run/vms/*.qmp'", "vm.toml");
    BOOST_REQUIRE(many.is_observed());
    BOOST_TEST(!many.observe.value->address);
    BOOST_TEST(many.observe.value->directory == "/run/vms");
    BOOST_TEST(many.observe.value->pattern == "*.qmp");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_observed_is_refused)
{
    BOOST_TEST(refusal("observe = '/run/*/monitor'") ==
               R"(vm.toml:1:11: observe: "/run/*/monitor": only the last part of a pattern may have wildcards, because one )"
               "directory is watched");
    BOOST_TEST(refusal("observe = '*.qmp'") ==
               R"(vm.toml:1:11: observe: "*.qmp": a pattern must be the absolute path of sockets, such as /run/vms/*.qmp)");
    BOOST_TEST(refusal("observe = 'fd:5'") ==
               "vm.toml:1:11: observe: a descriptor cannot be named in a file: give a unix socket or a TCP port");
}

BOOST_AUTO_TEST_CASE(an_observed_machine_has_nothing_that_would_act_on_it)
{
    BOOST_TEST(refusal("observe = '/run/vm.qmp'\nuser = 0\n[restart]\n[monitor]\n[limits]\nmemory = '1GiB'") ==
               "vm.toml:2:1: user: this machine is only observed (observe), and never acted on: leave it out\n"
               "vm.toml:3:2: restart: this machine is only observed (observe), and never acted on: leave it out\n"
               "vm.toml:5:2: limits: this machine is only observed (observe), and never acted on: leave it out");
}

BOOST_AUTO_TEST_CASE(a_name_is_safe_in_paths)
{
    for (char const* const each : {"a", "0", "vm-1.example_2", "A..b"})
        BOOST_TEST(find_name_problem(each).empty(), each);
    BOOST_TEST(find_name_problem(std::string(64, 'a')).empty());
    BOOST_TEST(!find_name_problem(std::string(65, 'a')).empty());
    for (char const* const each : {"", ".", "..", "-a", "_a", "a/b", "a b", "\xc3\xa4", "a\n"})
        BOOST_TEST(!find_name_problem(each).empty(), each);
}

BOOST_AUTO_TEST_SUITE_END()
