// Lets a QEMU that runs as another user reach our end of its monitor.
#ifndef COQMP_SRC_SUPERVISOR_MONITOR_ACCESS_HPP
#define COQMP_SRC_SUPERVISOR_MONITOR_ACCESS_HPP

#include <sys/types.h>

#include <string>

namespace coqmp::detail {

/// Gives the socket to a user, and if that is not our own, lets everyone enter the two directories in which it is.
/// @param directory of the machine, in that of its supervisor @param socket in it
/// @throws boost::system::system_error the kernel's error; what() says which
void open_monitor_to(::uid_t user, std::string const& directory, std::string const& socket);

}  // namespace coqmp::detail

#endif
