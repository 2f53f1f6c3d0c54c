// Which process holds a lock that it has inherited.
#ifndef COQMP_SRC_MACHINE_LOCK_HOLDER_HPP
#define COQMP_SRC_MACHINE_LOCK_HOLDER_HPP

#include "process/process_identity.hpp"

#include <optional>
#include <string>

namespace coqmp::detail {

/// The process that has locked a file with flock(); of several, the one that was started first, because the others are
/// its children. /proc/locks does not help: it names the program that locked the file, which has ended since.
/// @param path the absolute path of the file
/// @return nothing: the file does not exist or is not locked, or no process that we may inspect has it open
[[nodiscard]] std::optional<process_identity> holder_of_lock(std::string const& path);

}  // namespace coqmp::detail

#endif
