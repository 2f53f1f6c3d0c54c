// The proxy's configuration file, and how the command line is added to it.
#include "configuration/settings.hpp"

#include "daemon/access/policy_table.hpp"
#include "daemon/configuration/problem_list.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace qmp_proxy;
using namespace std::chrono_literals;
using coqmp::test::contains;
using coqmp_daemon::configuration_error;

namespace {

settings parse(std::string const& text)
{
    return parse_settings(text, "vm.toml");
}

/// All problems of a text, one on each line.
std::string problems(std::string const& text)
{
    try {
        parse(text);
    } catch (configuration_error const& error) {
        return error.what();
    }
    return "none";
}

std::string const listens = "[[listen]]\naddress = '/run/a'\n";

/// What is wrong with a command line beside a configuration.
std::string usage(std::string const& text, options const& line)
{
    try {
        (void)combine(parse(text), line);
    } catch (usage_mistake const& error) {
        return error.what();
    }
    return "nothing";
}

options with_upstream()
{
    options line;
    line.upstream = coqmp::endpoint::unix_socket("/run/vm");
    return line;
}

socket_option at(char const* path, char const* policy = "")
{
    return {coqmp::endpoint::unix_socket(path), policy};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(configuration_files)

BOOST_AUTO_TEST_CASE(an_empty_file_has_the_defaults)
{
    settings const read = parse("");
    BOOST_TEST(!read.upstream);
    BOOST_TEST(!read.hold);
    BOOST_TEST(read.audit.empty());
    BOOST_TEST((read.connect_timeout == 10s));
    BOOST_TEST((read.drain_timeout == 5s));
    BOOST_TEST((read.shutdown_timeout == 75s));
    BOOST_TEST(read.limits.clients == 64U);
    BOOST_TEST(read.limits.message_size == 1U << 20);
    BOOST_TEST(read.limits.event_memory == 1U << 20);
    BOOST_TEST(read.listen.empty());
    BOOST_TEST(read.dial.empty());
}

BOOST_AUTO_TEST_CASE(all_keys_are_read)
{
    settings const read = parse(R"(
upstream = "tcp:localhost:4444"
hold = true
audit = "/var/log/vm.audit"
connect_timeout = "3s"
drain_timeout = "0ms"
shutdown_timeout = "2min"
[limits]
clients = 3
message_size = "2MiB"
event_memory = "128KiB"
[policy.night]
extends = "read-only"
allow = ["quit"]
[[listen]]
address = "unix:/run/a"
policy = "none"
mode = "0660"
owner = 0
group = "root"
users = { root = "night", 4711 = "all" }
groups = { 12 = "backup" }
[[dial]]
address = "/run/b"
policy = "operator"
reconnect = "5s"
)");
    BOOST_TEST(read.upstream->to_string() == "tcp:localhost:4444");
    BOOST_TEST(read.hold);
    BOOST_TEST(read.audit == "/var/log/vm.audit");
    BOOST_TEST((read.connect_timeout == 3s && read.drain_timeout == 0s && read.shutdown_timeout == 2min));
    BOOST_TEST(read.limits.clients == 3U);
    BOOST_TEST(read.limits.message_size == 2U << 20);
    BOOST_TEST(read.limits.event_memory == 128U << 10);
    BOOST_REQUIRE(read.listen.size() == 1U);
    listen_settings const& socket = read.listen.front();
    BOOST_TEST(socket.address.value->path() == "/run/a");
    BOOST_TEST(socket.policy.value == "none");
    BOOST_TEST(socket.access().mode == 0660U);
    BOOST_TEST(socket.access().owner.value() == 0U);
    BOOST_TEST(socket.access().group.value() == 0U);
    BOOST_REQUIRE(socket.users.size() == 2U);
    BOOST_TEST(socket.groups.size() == 1U);
    BOOST_TEST(socket.groups.front().id == 12U);
    BOOST_TEST(socket.groups.front().policy.value == "backup");
    BOOST_REQUIRE(read.dial.size() == 1U);
    BOOST_TEST(read.dial.front().policy.value == "operator");
    BOOST_TEST((read.dial.front().reconnect == 5s));
}

BOOST_AUTO_TEST_CASE(a_socket_is_private_and_read_only_at_first)
{
    settings const read = parse(listens);
    BOOST_TEST(read.listen.front().policy.value == "read-only");
    BOOST_TEST(read.listen.front().access().mode == 0600U);
    BOOST_TEST(!read.listen.front().access().owner);
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_refused_with_its_place)
{
    BOOST_TEST(problems("\nupstrem = '/run/vm'") == "vm.toml:2:1: unknown key \"upstrem\": did you mean upstream?");
    std::string const inner = problems(listens + "polcy = 'all'");
    BOOST_TEST(inner.starts_with("vm.toml:3:1: "));
    BOOST_TEST(contains(inner, "did you mean policy?"));
}

BOOST_AUTO_TEST_CASE(a_policy_that_does_not_exist_is_refused_with_its_place)
{
    BOOST_TEST(problems(listens + "policy = 'opertor'") == "vm.toml:3:10: unknown policy \"opertor\": did you mean operator?");
    BOOST_TEST(contains(problems(listens + "users = { root = 'al' }"), "vm.toml:3:18: unknown policy \"al\""));
    BOOST_TEST(contains(problems("[[dial]]\naddress = '/run/a'\npolicy = 'xyzzy'"), "vm.toml:3:10: unknown policy \"xyzzy\""));
    BOOST_TEST(contains(problems("[policy.p]\nextends = 'read-olny'"), "did you mean read-only?"));
}

BOOST_AUTO_TEST_CASE(a_built_in_policy_cannot_be_redefined)
{
    for (std::string const name : {"read-only", "backup", "operator", "all", "none"})
        BOOST_TEST(contains(problems("[policy." + name + "]\nallow = ['quit']"), "is built in and cannot be redefined"), name);
}

BOOST_AUTO_TEST_CASE(policies_that_extend_each_other_are_refused)
{
    BOOST_TEST(contains(problems("[policy.a]\nextends = 'a'"), "vm.toml:2:11: policy \"a\" extends itself"));
    std::string const circle = problems("[policy.a]\nextends = 'b'\n[policy.b]\nextends = 'c'\n[policy.c]\nextends = 'b'");
    BOOST_TEST(contains(circle, "policy \"b\" extends itself"));
    BOOST_TEST(contains(circle, "policy \"c\" extends itself"));
    BOOST_TEST(!contains(circle, "policy \"a\""));
}

BOOST_AUTO_TEST_CASE(a_pattern_is_not_a_command)
{
    BOOST_TEST(contains(problems("[policy.p]\nallow = ['stop', 'query-*']"),
                        "vm.toml:2:18: policy.p.allow: \"query-*\" is not the name of a command; there are no patterns"));
    BOOST_TEST(contains(problems("[policy.p]\nallow = 'stop'"), "a list of commands"));
}

BOOST_AUTO_TEST_CASE(a_socket_that_no_client_could_use_is_refused)
{
    BOOST_TEST(contains(problems(listens + "policy = 'none'"), "no client could use it"));
    BOOST_TEST(problems(listens + "policy = 'none'\ngroups = { root = 'all' }") == "none");
    BOOST_TEST(contains(problems("[[dial]]\naddress = '/run/a'\npolicy = 'none'"), "the client could not do anything"));
}

BOOST_AUTO_TEST_CASE(an_address_that_appears_twice_is_refused)
{
    BOOST_TEST(problems(listens + "[[listen]]\naddress = 'unix:/run/a'") == "vm.toml:4:11: unix:/run/a appears twice");
    BOOST_TEST(contains(problems(listens + "[[dial]]\naddress = '/run/a'"), "appears twice"));
}

BOOST_AUTO_TEST_CASE(a_port_has_neither_mode_nor_users)
{
    std::string const port = "[[listen]]\naddress = 'localhost:4444'\n";
    BOOST_TEST(problems(port) == "none");
    BOOST_TEST(contains(problems(port + "mode = '0660'"), "vm.toml:3:8: a TCP port has no mode, owner or group"));
    BOOST_TEST(contains(problems(port + "group = 'root'"), "a TCP port has no mode, owner or group"));
    BOOST_TEST(contains(problems(port + "users = { root = 'all' }"), "are not known: leave out users and groups"));
}

BOOST_AUTO_TEST_CASE(wrong_values_are_refused)
{
    BOOST_TEST(contains(problems("upstream = 'tcp:x'"), "vm.toml:1:12: upstream: \"tcp:x\": "));
    BOOST_TEST(contains(problems("[[listen]]\naddress = 'fd:3'"), "clients can only connect to a unix socket or a TCP port"));
    BOOST_TEST(contains(problems("[[listen]]\npolicy = 'all'"), "needs the key \"address\""));
    BOOST_TEST(contains(problems(listens + "mode = 660"), "octal"));
    BOOST_TEST(contains(problems(listens + "owner = 'no-such-user-here'"), "this host has no user"));
    BOOST_TEST(contains(problems(listens + "users = 'root'"), R"(a table such as { alice = "operator" })"));
    BOOST_TEST(contains(problems(listens + "users = { no-such-user-here = 'all' }"), "this host has no user"));
    BOOST_TEST(contains(problems(listens + "groups = { no-such-group-here = 'all' }"), "this host has no group"));
    BOOST_TEST(contains(problems("[limits]\nclients = 0"), "an integer from 1 to 10000"));
    BOOST_TEST(contains(problems("connect_timeout = 3"), "a duration"));
    BOOST_TEST(contains(problems("[[dial]]\naddress = 'fd:3'\nreconnect = '1s'"), "fd:3 cannot be dialed again"));
}

BOOST_AUTO_TEST_CASE(all_problems_are_reported_together)
{
    std::string const all = problems("hld = true\n[policy.p]\nallow = ['*']\n" + listens + "mode = 'x'");
    BOOST_TEST(coqmp::test::times(all, "vm.toml:") == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(policies)

BOOST_AUTO_TEST_CASE(a_policy_allows_what_it_names_and_what_it_extends)
{
    settings const read = parse(
        "[policy.b]\nextends = 'a'\nallow = ['stop']\n"
        "[policy.a]\nextends = 'read-only'\nallow = ['quit']\n[policy.c]\nallow = ['quit']");
    coqmp_daemon::policy_table const table(read.policies);
    auto const b = table.find("b");
    BOOST_REQUIRE(b);
    BOOST_TEST(b->name() == "b");
    for (char const* const each : {"query-status", "quit", "stop"})
        BOOST_TEST(b->allows(each), each);
    BOOST_TEST(!b->allows("cont"));
    BOOST_TEST(!table.find("a")->allows("stop"));
    BOOST_TEST(!table.find("c")->allows("query-status"));
    BOOST_TEST(table.find("all")->allows_everything());
    BOOST_TEST(!table.find("none"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(command_lines_and_files)

BOOST_AUTO_TEST_CASE(the_command_line_adds_sockets)
{
    options line = with_upstream();
    line.listen = {at("/run/b", "p"), at("/run/c")};
    line.dial = {at("/run/d", "all")};
    settings const both = combine(parse(listens + "[policy.p]\nallow = ['stop']"), line);
    BOOST_REQUIRE(both.listen.size() == 3U);
    BOOST_TEST(both.listen[0].address.value->path() == "/run/a");
    BOOST_TEST(both.listen[1].policy.value == "p");
    BOOST_TEST(both.listen[2].policy.value == "read-only");
    BOOST_REQUIRE(both.dial.size() == 1U);
    BOOST_TEST(both.dial[0].policy.value == "all");
    BOOST_TEST(both.upstream->path() == "/run/vm");
}

BOOST_AUTO_TEST_CASE(the_command_line_has_the_last_word_on_the_audit_log)
{
    options line = with_upstream();
    line.audit = "/tmp/mine";
    line.hold = true;
    settings const both = combine(parse(listens + ""), line);
    BOOST_TEST(both.audit == "/tmp/mine");
    BOOST_TEST(both.hold);
    BOOST_TEST(combine(parse("audit = '/tmp/file'\n" + listens), with_upstream()).audit == "/tmp/file");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_together_is_refused)
{
    options line = with_upstream();
    BOOST_TEST(contains(usage("", line), "clients cannot connect anywhere"));
    BOOST_TEST(contains(usage("upstream = '/run/x'\n" + listens, line), "leave one out"));
    BOOST_TEST(contains(usage(listens, options()), "no QEMU is named"));
    line.listen = {at("/run/a")};
    BOOST_TEST(contains(usage(listens, line), "unix:/run/a appears twice"));
    line.listen = {at("/run/b", "opertor")};
    BOOST_TEST(contains(usage("", line), "--listen unix:/run/b: unknown policy \"opertor\": did you mean operator?"));
    line.listen = {at("/run/b", "none")};
    BOOST_TEST(contains(usage("", line), "no client could use it"));
    options wrapping;
    wrapping.wraps = true;
    BOOST_TEST(usage(listens, wrapping) == "nothing");
    BOOST_TEST(contains(usage("hold = true\n" + listens, wrapping), "--wrap excludes"));
    options descriptor;
    descriptor.upstream = coqmp::endpoint::descriptor(7);
    BOOST_TEST(contains(usage("hold = true\n" + listens, descriptor), "fd:7 cannot be reconnected"));
}

BOOST_AUTO_TEST_SUITE_END()
