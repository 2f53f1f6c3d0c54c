// The keys of a configuration file that say what the clients of a socket may do.
#ifndef COQMP_DAEMON_ACCESS_ACCESS_SCHEMA_HPP
#define COQMP_DAEMON_ACCESS_ACCESS_SCHEMA_HPP

#include "daemon/access/access_settings.hpp"
#include "daemon/access/policy_readers.hpp"
#include "daemon/configuration/table_schema.hpp"
#include "daemon/configuration/value_readers.hpp"

#include <concepts>

namespace coqmp_daemon {

/// For `[policy.NAME]`.
[[nodiscard]] table_schema<policy_settings> policy_schema();

/// Adds the keys of access_settings to those of a socket.
template <std::derived_from<access_settings> Settings>
void add_access_keys(table_schema<Settings>& into)
{
    into.optional("policy", &access_settings::policy, text())
        .optional("mode", &access_settings::mode, file_mode())
        .optional("owner", &access_settings::owner, user())
        .optional("group", &access_settings::group, group())
        .optional("users", &access_settings::users, policies_of_users())
        .optional("groups", &access_settings::groups, policies_of_groups());
}

}  // namespace coqmp_daemon

#endif
