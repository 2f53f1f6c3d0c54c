// What the daemon's own file says: /etc/coqmp/coqmpd.toml.
#ifndef COQMPD_DAEMON_SETTINGS_HPP
#define COQMPD_DAEMON_SETTINGS_HPP

#include "daemon/access/access_settings.hpp"
#include "daemon/configuration/table_schema.hpp"
#include "machines/machine_file.hpp"

#include <string>
#include <string_view>

namespace coqmpd {

struct daemon_settings
{
    coqmp_daemon::access_settings control;  ///< `[control]`: the control socket.
    coqmp_daemon::policy_map policies;      ///< `[policy.NAME]`, of the control socket.
    monitor_settings monitor;               ///< `[monitor]`: what the files of the machines say unless they say otherwise.
};

[[nodiscard]] coqmp_daemon::table_schema<daemon_settings> daemon_schema();

/// Reads the text of the file.
/// @param file its name, for messages
/// @throws coqmp_daemon::configuration_error with all problems
[[nodiscard]] daemon_settings parse_daemon_settings(std::string_view text, std::string const& file);

/// Reads the file; there need not be one. Blocks for as long as the file system does.
/// @throws coqmp_daemon::configuration_error the file is wrong, or cannot be read or trusted
[[nodiscard]] daemon_settings read_daemon_settings(std::string const& file);

}  // namespace coqmpd

#endif
