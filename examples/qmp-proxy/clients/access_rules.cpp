#include "clients/access_rules.hpp"

#include <algorithm>
#include <utility>

namespace qmp_proxy {

void access_rules::add(coqmp::endpoint at, listen_settings const& socket, coqmp_daemon::policy_table const& policies)
{
    sockets_.push_back({std::move(at), coqmp_daemon::account_rules(socket, policies)});
}

void access_rules::add(coqmp::endpoint at, dial_settings const& socket, coqmp_daemon::policy_table const& policies)
{
    sockets_.push_back({std::move(at), coqmp_daemon::account_rules(policies.find(socket.policy.value))});
}

access_rules::policy_pointer access_rules::policy_for(coqmp::monitor_client const& client) const
{
    auto const socket = std::ranges::find(sockets_, client.server, &socket_rules::at);
    return socket == sockets_.end() ? nullptr : socket->rules.policy_for(client);
}

}  // namespace qmp_proxy
