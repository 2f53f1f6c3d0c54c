// Which policy a client has.
#ifndef QMP_PROXY_CLIENTS_ACCESS_RULES_HPP
#define QMP_PROXY_CLIENTS_ACCESS_RULES_HPP

#include "configuration/policy_table.hpp"
#include "configuration/settings.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_client.hpp>
#include <coqmp/monitor_policy.hpp>

#include <memory>
#include <vector>

namespace qmp_proxy {

/// The rules of all sockets. The first of these that applies to a client decides: the entry of its user, the first entry of its
/// group or of one of its supplementary groups, the policy of its socket.
class access_rules
{
public:
    using policy_pointer = std::shared_ptr<coqmp::monitor_policy const>;

    /// @param at as monitor_proxy::listen() has returned it
    void add(coqmp::endpoint at, listen_settings const& socket, policy_table const& policies);
    void add(coqmp::endpoint at, dial_settings const& socket, policy_table const& policies);

    /// @return null: the client may do nothing and is to be disconnected, because its policy is `none` or its socket is not
    /// there any more
    [[nodiscard]] policy_pointer policy_for(coqmp::monitor_client const& client) const;

private:
    struct account_rule
    {
        ::id_t id;
        policy_pointer policy;
    };

    struct socket_rules
    {
        coqmp::endpoint at;
        policy_pointer policy;
        std::vector<account_rule> users;
        std::vector<account_rule> groups;
    };

    static std::vector<account_rule> rules_for(std::vector<account_policy> const& accounts, policy_table const& policies);

    std::vector<socket_rules> sockets_;
};

}  // namespace qmp_proxy

#endif
