// Which policy a client has.
#include "clients/access_rules.hpp"

#include "configuration/settings.hpp"
#include "daemon/access/policy_table.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace qmp_proxy;

namespace {

/// Two sockets: one with users and groups, one without.
struct rules_fixture
{
    rules_fixture()
    {
        settings const read = parse_settings(
            "[[listen]]\naddress = '/run/a'\npolicy = 'none'\n"
            "users = { 1000 = 'operator', 1001 = 'none' }\ngroups = { 20 = 'backup', 10 = 'all' }\n"
            "[[listen]]\naddress = '/run/b'\n",
            "vm.toml");
        coqmp_daemon::policy_table const table(read.policies);
        for (listen_settings const& each : read.listen)
            rules.add(*each.address.value, each, table);
    }

    /// The name of a client's policy; `none`: it has none.
    std::string policy_of(char const* socket, std::optional<::uid_t> user, std::vector<::gid_t> groups = {99}) const
    {
        coqmp::monitor_client client(coqmp::endpoint::unix_socket(socket));
        client.user = user;
        if (!groups.empty()) {
            client.group = groups.front();
            client.groups.assign(groups.begin() + 1, groups.end());
        }
        auto const policy = rules.policy_for(client);
        return policy ? policy->name() : "none";
    }

    access_rules rules;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rules_of_access, rules_fixture)

BOOST_AUTO_TEST_CASE(a_listed_user_has_its_policy)
{
    BOOST_TEST(policy_of("/run/a", 1000) == "operator");
}

BOOST_AUTO_TEST_CASE(a_user_counts_more_than_its_groups)
{
    BOOST_TEST(policy_of("/run/a", 1000, {10, 20}) == "operator");
    BOOST_TEST(policy_of("/run/a", 1001, {10}) == "none");
}

BOOST_AUTO_TEST_CASE(a_group_and_a_supplementary_group_have_their_policies)
{
    BOOST_TEST(policy_of("/run/a", 5, {10}) == "all");
    BOOST_TEST(policy_of("/run/a", 5, {99, 98, 20}) == "backup");
}

BOOST_AUTO_TEST_CASE(the_first_group_of_the_file_decides)
{
    BOOST_TEST(policy_of("/run/a", 5, {10, 20}) == "backup");
}

BOOST_AUTO_TEST_CASE(others_have_the_policy_of_the_socket)
{
    BOOST_TEST(policy_of("/run/a", 5) == "none");
    BOOST_TEST(policy_of("/run/b", 1000) == "read-only");
}

BOOST_AUTO_TEST_CASE(a_client_that_the_kernel_does_not_know_has_the_policy_of_the_socket)
{
    BOOST_TEST(policy_of("/run/a", std::nullopt, {}) == "none");
    BOOST_TEST(policy_of("/run/b", std::nullopt, {}) == "read-only");
}

BOOST_AUTO_TEST_CASE(a_client_of_a_socket_that_has_gone_has_no_policy)
{
    BOOST_TEST(policy_of("/run/c", 0) == "none");
}

BOOST_AUTO_TEST_SUITE_END()
