// The commands that coqmpd sends to the daemon: `--status` and `--shutdown-guests`.
#ifndef COQMPD_CONTROL_CONTROL_CLIENT_HPP
#define COQMPD_CONTROL_CONTROL_CLIENT_HPP

#include "daemon/exit_code.hpp"

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>

namespace coqmpd {

/// Prints a table of the machines.
/// @param socket the daemon's control socket
/// @throws boost::system::system_error the daemon does not answer
[[nodiscard]] coqmp_daemon::exit_code show_status(std::string const& socket, std::ostream& out);

/// Asks the daemon to shut all machines down, and waits for their end.
/// @param budget zero: no limit
/// @return nothing: there is no daemon
/// @throws boost::system::system_error the daemon does not answer
/// @throws coqmp::command_failed a machine has not ended
[[nodiscard]] std::optional<coqmp_daemon::exit_code> shut_down_guests(std::string const& socket,
                                                                      std::chrono::milliseconds budget);

}  // namespace coqmpd

#endif
