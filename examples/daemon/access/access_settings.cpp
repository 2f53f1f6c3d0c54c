#include "daemon/access/access_settings.hpp"

namespace coqmp_daemon {

coqmp::socket_access access_settings::access() const
{
    coqmp::socket_access result;
    result.mode = mode.value.value_or(result.mode);
    result.owner = owner.value;
    result.group = group.value;
    return result;
}

}  // namespace coqmp_daemon
