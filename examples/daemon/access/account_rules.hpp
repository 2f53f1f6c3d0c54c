// Which policy a client of a socket has.
#ifndef COQMP_DAEMON_ACCESS_ACCOUNT_RULES_HPP
#define COQMP_DAEMON_ACCESS_ACCOUNT_RULES_HPP

#include "daemon/access/access_settings.hpp"
#include "daemon/access/policy_table.hpp"

#include <coqmp/monitor_client.hpp>

#include <sys/types.h>

#include <vector>

namespace coqmp_daemon {

/// The rules of one socket. The first of these that applies to a client decides: the entry of its user, the first entry of its
/// group or of one of its supplementary groups, the policy of the socket.
class account_rules
{
public:
    using policy_pointer = policy_table::policy_pointer;

    account_rules(access_settings const& socket, policy_table const& policies);
    /// The same policy for every client.
    explicit account_rules(policy_pointer policy) : policy_(std::move(policy)) {}

    /// @return null: the client may do nothing and is to be disconnected, because its policy is `none`
    [[nodiscard]] policy_pointer policy_for(coqmp::monitor_client const& client) const;

private:
    struct account_rule
    {
        ::id_t id;
        policy_pointer policy;
    };

    static std::vector<account_rule> rules_for(std::vector<account_policy> const& accounts, policy_table const& policies);

    policy_pointer policy_;
    std::vector<account_rule> users_;
    std::vector<account_rule> groups_;
};

}  // namespace coqmp_daemon

#endif
