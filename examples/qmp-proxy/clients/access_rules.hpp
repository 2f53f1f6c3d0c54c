// Which policy a client has.
#ifndef QMP_PROXY_CLIENTS_ACCESS_RULES_HPP
#define QMP_PROXY_CLIENTS_ACCESS_RULES_HPP

#include "configuration/settings.hpp"
#include "daemon/access/account_rules.hpp"
#include "daemon/access/policy_table.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_client.hpp>

#include <vector>

namespace qmp_proxy {

/// The rules of all sockets, each of which decides as account_rules does.
class access_rules
{
public:
    using policy_pointer = coqmp_daemon::policy_table::policy_pointer;

    /// @param at as monitor_proxy::listen() has returned it
    void add(coqmp::endpoint at, listen_settings const& socket, coqmp_daemon::policy_table const& policies);
    void add(coqmp::endpoint at, dial_settings const& socket, coqmp_daemon::policy_table const& policies);

    /// @return null: the client may do nothing and is to be disconnected, because its policy is `none` or its socket is not
    /// there any more
    [[nodiscard]] policy_pointer policy_for(coqmp::monitor_client const& client) const;

private:
    struct socket_rules
    {
        coqmp::endpoint at;
        coqmp_daemon::account_rules rules;
    };

    std::vector<socket_rules> sockets_;
};

}  // namespace qmp_proxy

#endif
