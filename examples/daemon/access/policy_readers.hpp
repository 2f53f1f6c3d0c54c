// The types of settings about policies.
#ifndef COQMP_DAEMON_ACCESS_POLICY_READERS_HPP
#define COQMP_DAEMON_ACCESS_POLICY_READERS_HPP

#include "daemon/access/access_settings.hpp"
#include "daemon/configuration/setting.hpp"

#include <string>
#include <vector>

namespace coqmp_daemon {

/// A list of names of commands. A pattern is refused, because it would match nothing.
[[nodiscard]] value_reader<std::vector<located<std::string>>> command_names();

/// A table: `{ alice = "operator", 1000 = "backup" }`, the keys of which are users, or groups, of this host.
[[nodiscard]] value_reader<std::vector<account_policy>> policies_of_users();
[[nodiscard]] value_reader<std::vector<account_policy>> policies_of_groups();

}  // namespace coqmp_daemon

#endif
