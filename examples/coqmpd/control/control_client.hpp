// The commands that coqmpd sends to the daemon: `--status` and `--shutdown-guests`.
#ifndef COQMPD_CONTROL_CONTROL_CLIENT_HPP
#define COQMPD_CONTROL_CONTROL_CLIENT_HPP

#include "daemon/exit_code.hpp"

#include <chrono>
#include <iosfwd>
#include <string>

namespace coqmpd {

/// Prints a table of the machines.
/// @param socket the daemon's control socket
/// @throws boost::system::system_error the daemon does not answer
[[nodiscard]] coqmp_daemon::exit_code show_status(std::string const& socket, std::ostream& out);

/// Shuts all machines down, and waits for their end. Without a daemon it fails, because QEMUs may run without one.
/// @param budget zero: no limit
/// @throws boost::system::system_error the daemon does not answer
/// @throws coqmp::command_failed a machine has not ended
[[nodiscard]] coqmp_daemon::exit_code shut_down_guests(std::string const& socket, std::chrono::milliseconds budget);

}  // namespace coqmpd

#endif
