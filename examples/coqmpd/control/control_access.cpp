#include "control/control_access.hpp"

namespace coqmpd {

bool may_control(coqmp::monitor_client const& client, ::uid_t us) noexcept
{
    return client.user && (*client.user == 0 || *client.user == us);
}

}  // namespace coqmpd
