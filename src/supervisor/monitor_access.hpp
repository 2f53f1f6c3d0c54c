// Lets a QEMU that runs as another user reach our end of its monitor.
#ifndef COQMP_SRC_SUPERVISOR_MONITOR_ACCESS_HPP
#define COQMP_SRC_SUPERVISOR_MONITOR_ACCESS_HPP

#include <coqmp/launch_options.hpp>

#include <sys/types.h>

#include <optional>
#include <string>

namespace coqmp::detail {

/// The user of the options, or our own. Asks the system's user database, which may take long.
/// @throws boost::system::system_error the user does not exist; what() says which
[[nodiscard]] ::uid_t user_of(launch_options const& options);

/// The user as whom a process runs. @return nothing: it has ended
[[nodiscard]] std::optional<::uid_t> user_of(::pid_t process);

/// Gives the socket to a user, and if that is not our own, lets everyone enter the two directories in which it is.
/// @param directory of the machine, in that of its supervisor @param socket in it
/// @throws boost::system::system_error the kernel's error; what() says which
void open_monitor_to(::uid_t user, std::string const& directory, std::string const& socket);

}  // namespace coqmp::detail

#endif
