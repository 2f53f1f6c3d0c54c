#include "daemon/access/access_schema.hpp"

namespace coqmp_daemon {

table_schema<policy_settings> policy_schema()
{
    table_schema<policy_settings> result;
    result.optional("extends", &policy_settings::extends, text()).optional("allow", &policy_settings::allow, command_names());
    return result;
}

}  // namespace coqmp_daemon
