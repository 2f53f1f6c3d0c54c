// Lets a QEMU that runs as another user reach our end of its monitor.
#ifndef COQMP_SRC_SUPERVISOR_MONITOR_ACCESS_HPP
#define COQMP_SRC_SUPERVISOR_MONITOR_ACCESS_HPP

#include <coqmp/launch_options.hpp>

#include <string>

namespace coqmp::detail {

/// Gives the socket to the user of the options, if they name one, and lets everyone enter the two directories in which it is. Looks
/// the user up, which may take long: not for an event loop.
/// @param directory of the machine, in that of its supervisor @param socket in it
/// @throws boost::system::system_error the user does not exist, or the kernel's error; what() says which
void open_monitor_to_user(launch_options const& options, std::string const& directory, std::string const& socket);

}  // namespace coqmp::detail

#endif
