#include "control/control_access.hpp"

#include "control/control_policies.hpp"

#include <coqmp/monitor_policy.hpp>

#include <memory>

namespace coqmpd {

control_access::control_access(daemon_settings const& wanted, ::uid_t us)
    : us_(us),
      all_(std::make_shared<coqmp::monitor_policy const>(coqmp::monitor_policy::all())),
      others_(wanted.control, coqmp_daemon::policy_table(wanted.policies, control_policies()))
{}

control_access::policy_pointer control_access::policy_for(coqmp::monitor_client const& client) const
{
    if (!client.user)
        return nullptr;
    bool const is_ours = *client.user == 0 || *client.user == us_;
    return is_ours ? all_ : others_.policy_for(client);
}

}  // namespace coqmpd
