// The types of the proxy's own settings.
#ifndef QMP_PROXY_CONFIGURATION_READERS_HPP
#define QMP_PROXY_CONFIGURATION_READERS_HPP

#include "configuration/settings.hpp"
#include "daemon/configuration/setting.hpp"

#include <coqmp/endpoint.hpp>

#include <string>
#include <vector>

namespace qmp_proxy {

/// An address to connect to.
[[nodiscard]] coqmp_daemon::value_reader<coqmp::endpoint> address();

/// An address to listen at: a unix socket or a TCP port.
[[nodiscard]] coqmp_daemon::value_reader<coqmp::endpoint> listen_address();

/// A list of names of commands. A pattern is refused, because it would match nothing.
[[nodiscard]] coqmp_daemon::value_reader<std::vector<located<std::string>>> command_names();

/// A table: `{ alice = "operator", 1000 = "backup" }`, the keys of which are users, or groups, of this host.
[[nodiscard]] coqmp_daemon::value_reader<std::vector<account_policy>> policies_of_users();
[[nodiscard]] coqmp_daemon::value_reader<std::vector<account_policy>> policies_of_groups();

}  // namespace qmp_proxy

#endif
