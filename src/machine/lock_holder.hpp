// Which process holds a lock that it has inherited.
#ifndef COQMP_SRC_MACHINE_LOCK_HOLDER_HPP
#define COQMP_SRC_MACHINE_LOCK_HOLDER_HPP

#include "process/process_identity.hpp"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

namespace coqmp::detail {

/// The process that has locked a file with flock(); of several, the one that was started first, because the others are
/// its children. /proc/locks does not help: it names the program that locked the file, which has ended since.
/// @param path the absolute path of the file
/// @param may_be_it whether a process may be the one that is sought
/// @return nothing: the file does not exist or is not locked, or no process that may be it, and that we may inspect, has locked it
[[nodiscard]] std::optional<process_identity> holder_of_lock(std::string const& path,
                                                             std::function<bool(::pid_t)> const& may_be_it);

/// Whether a process is a QEMU, or a program that starts one, that was launched with this monitor: its command line names it. Whether
/// it runs the program of a spec cannot be known, because that may be a script that has become QEMU.
[[nodiscard]] bool has_monitor(::pid_t process, std::string const& monitor);

/// For people: the number of a process, and the name of its program.
[[nodiscard]] std::string described_process(::pid_t process);

}  // namespace coqmp::detail

#endif
