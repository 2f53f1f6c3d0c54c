// What a client may do with the control socket, without I/O.
#ifndef COQMPD_CONTROL_CONTROL_ACCESS_HPP
#define COQMPD_CONTROL_CONTROL_ACCESS_HPP

#include "daemon/access/account_rules.hpp"
#include "daemon_settings.hpp"

#include <coqmp/monitor_client.hpp>

#include <sys/types.h>

namespace coqmpd {

class control_access
{
public:
    using policy_pointer = coqmp_daemon::account_rules::policy_pointer;

    /// @param wanted have been checked
    /// @param us the user whom the daemon runs as
    control_access(daemon_settings const& wanted, ::uid_t us);

    /// Root and the daemon's own user, as the kernel knows them (SO_PEERCRED), may do everything, so that no mistake in a file locks
    /// them out. A client whose user is unknown may do nothing.
    /// @return null: the client is to be disconnected
    [[nodiscard]] policy_pointer policy_for(coqmp::monitor_client const& client) const;

private:
    ::uid_t us_;
    policy_pointer all_;
    coqmp_daemon::account_rules others_;
};

}  // namespace coqmpd

#endif
