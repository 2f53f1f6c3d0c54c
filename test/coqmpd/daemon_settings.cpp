// The daemon's own file: who may use the control socket, and what the monitors of all machines have in common.
#include "daemon_settings.hpp"

#include "control/control_access.hpp"
#include "daemon/configuration/problem_list.hpp"
#include "machines/machine_file.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_client.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace coqmpd;

namespace {

daemon_settings parse(std::string const& text)
{
    return parse_daemon_settings(text, "coqmpd.toml");
}

/// What is said about a file.
std::string refusal(std::string const& text)
{
    try {
        (void)parse(text);
    } catch (coqmp_daemon::configuration_error const& error) {
        std::string result;
        for (std::string const& each : error.problems())
            result += each + '\n';
        return result;
    }
    return "";
}

/// The name of the policy of a client with a user and groups; `none`: it has none.
std::string policy_of(std::string const& text, std::optional<::uid_t> user, std::vector<::gid_t> groups = {})
{
    coqmp::monitor_client client(coqmp::endpoint::unix_socket("/control"));
    client.user = user;
    client.groups = std::move(groups);
    constexpr ::uid_t us = 1000;
    auto const policy = coqmpd::control_access(parse(text), us).policy_for(client);
    return policy ? policy->name() : "none";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_of_the_daemon, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(an_empty_file_lets_root_alone_connect)
{
    coqmp::socket_access const access = parse("").control.access();
    BOOST_TEST(access.mode == 0600U);
    BOOST_TEST(!access.owner.has_value());
    BOOST_TEST(!access.group.has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_exist_is_an_empty_one)
{
    coqmp::test::temporary_directory const directory;
    BOOST_TEST(read_daemon_settings((directory.path() / "coqmpd.toml").native()).control.access().mode == 0600U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_a_broken_link_is_refused)
{
    coqmp::test::temporary_directory const directory;
    std::filesystem::path const file = directory.path() / "coqmpd.toml";
    std::filesystem::create_symlink("no-such-file", file);
    BOOST_CHECK_THROW((void)read_daemon_settings(file.native()), coqmp_daemon::configuration_error);
}

BOOST_AUTO_TEST_CASE(the_control_socket_has_a_mode_an_owner_and_a_group)
{
    coqmp::socket_access const access = parse("[control]\nmode = '0660'\nowner = 12\ngroup = 34\n").control.access();
    BOOST_TEST(access.mode == 0660U);
    BOOST_TEST(access.owner.value() == 12U);
    BOOST_TEST(access.group.value() == 34U);
}

BOOST_AUTO_TEST_CASE(mistakes_have_places_and_suggestions)
{
    BOOST_TEST(refusal("[contrl]\n") == "coqmpd.toml:1:2: unknown key \"contrl\": did you mean control?\n");
    BOOST_TEST(refusal("[control]\npolicy = 'operater'\n") ==
               "coqmpd.toml:2:10: unknown policy \"operater\": did you mean operator?\n");
    BOOST_TEST(refusal("[control]\nusers = { 1000 = 'night' }\n") == "coqmpd.toml:2:18: unknown policy \"night\"\n");
    BOOST_TEST(refusal("[policy.night]\nallow = ['machine-strat']\n") ==
               "coqmpd.toml:2:10: allow: the control socket has no command \"machine-strat\": did you mean machine-start, "
               "machine-restart or "
               "machine-stop?\n");
    BOOST_TEST(refusal("[policy.operator]\nallow = ['machine-start']\n") ==
               "coqmpd.toml:1:9: policy \"operator\" is built in and cannot be redefined: choose another name\n");
    BOOST_TEST(refusal("[policy.night]\nextends = 'night'\n") ==
               "coqmpd.toml:2:11: policy \"night\" extends itself, perhaps through others\n");
    BOOST_TEST(refusal("[monitor]\nmode = 660\n").starts_with("coqmpd.toml:2:8: monitor.mode: expected permissions"));
}

BOOST_AUTO_TEST_CASE(root_and_the_daemons_user_may_do_everything)
{
    std::string const strict = "[control]\npolicy = 'none'\nusers = { 0 = 'none', 1000 = 'read-only' }\n";
    BOOST_TEST(policy_of(strict, 0) == "all");
    BOOST_TEST(policy_of(strict, 1000) == "all");
    BOOST_TEST(policy_of(strict, 1001) == "none");
    BOOST_TEST(policy_of("[control]\npolicy = 'all'\n", std::nullopt) == "none");
}

BOOST_AUTO_TEST_CASE(other_clients_have_the_policy_of_their_user_their_group_or_the_socket)
{
    std::string const file =
        "[control]\nusers = { 1001 = 'operator' }\ngroups = { 20 = 'night' }\n"
        "[policy.night]\nextends = 'read-only'\nallow = ['machine-start']\n";
    BOOST_TEST(policy_of(file, 1001, {20}) == "operator");
    BOOST_TEST(policy_of(file, 1002, {10, 20}) == "night");
    BOOST_TEST(policy_of(file, 1002) == "read-only");
}

BOOST_AUTO_TEST_CASE(a_machine_has_the_monitor_of_the_daemons_file_unless_its_own_says_otherwise)
{
    monitor_settings const others = parse("[monitor]\nmode = '0660'\ngroup = 34\npolicy = 'operator'\n").monitor;
    machine_file const file = parse_machine_file("arguments = []\n[monitor]\npolicy = 'backup'\n", "a.toml");
    monitor_settings const completed = file.monitor.completed_with(others);
    BOOST_TEST(completed.policy.value() == "backup");
    BOOST_TEST(completed.mode.value() == 0660U);
    BOOST_TEST(completed.group.value() == 34U);
    BOOST_TEST(!completed.hold.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
