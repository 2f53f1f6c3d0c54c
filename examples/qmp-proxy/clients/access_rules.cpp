#include "clients/access_rules.hpp"

#include <algorithm>
#include <utility>

namespace qmp_proxy {

namespace {

bool is_in_group(coqmp::monitor_client const& client, ::id_t group)
{
    return client.group == group || std::ranges::find(client.groups, group) != client.groups.end();
}

}  // namespace

std::vector<access_rules::account_rule> access_rules::rules_for(std::vector<account_policy> const& accounts,
                                                                policy_table const& policies)
{
    std::vector<account_rule> result;
    for (account_policy const& each : accounts)
        result.push_back({each.id, policies.find(each.policy.value)});
    return result;
}

void access_rules::add(coqmp::endpoint at, listen_settings const& socket, policy_table const& policies)
{
    sockets_.push_back({std::move(at), policies.find(socket.policy.value), rules_for(socket.users, policies),
                        rules_for(socket.groups, policies)});
}

void access_rules::add(coqmp::endpoint at, dial_settings const& socket, policy_table const& policies)
{
    sockets_.push_back({std::move(at), policies.find(socket.policy.value), {}, {}});
}

access_rules::policy_pointer access_rules::policy_for(coqmp::monitor_client const& client) const
{
    auto const socket = std::ranges::find(sockets_, client.server, &socket_rules::at);
    if (socket == sockets_.end())
        return nullptr;
    for (account_rule const& each : socket->users)
        if (client.user == each.id)
            return each.policy;
    for (account_rule const& each : socket->groups)
        if (is_in_group(client, each.id))
            return each.policy;
    return socket->policy;
}

}  // namespace qmp_proxy
