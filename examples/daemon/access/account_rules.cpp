#include "daemon/access/account_rules.hpp"

#include <algorithm>

namespace coqmp_daemon {

namespace {

bool is_in_group(coqmp::monitor_client const& client, ::id_t group)
{
    return client.group == group || std::ranges::find(client.groups, group) != client.groups.end();
}

}  // namespace

account_rules::account_rules(access_settings const& socket, policy_table const& policies)
    : policy_(policies.find(socket.policy.value)),
      users_(rules_for(socket.users, policies)),
      groups_(rules_for(socket.groups, policies))
{}

std::vector<account_rules::account_rule> account_rules::rules_for(std::vector<account_policy> const& accounts,
                                                                  policy_table const& policies)
{
    std::vector<account_rule> result;
    for (account_policy const& each : accounts)
        result.push_back({each.id, policies.find(each.policy.value)});
    return result;
}

account_rules::policy_pointer account_rules::policy_for(coqmp::monitor_client const& client) const
{
    for (account_rule const& each : users_)
        if (client.user == each.id)
            return each.policy;
    for (account_rule const& each : groups_)
        if (is_in_group(client, each.id))
            return each.policy;
    return policy_;
}

}  // namespace coqmp_daemon
