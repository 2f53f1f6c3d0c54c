// Which process a number means: the kernel gives the number of a process that has ended to another one.
#ifndef COQMP_SRC_PROCESS_PROCESS_IDENTITY_HPP
#define COQMP_SRC_PROCESS_PROCESS_IDENTITY_HPP

#include "process/child.hpp"

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

namespace coqmp::detail {

/// Distinguishes a process from every other one on this host, across boots.
struct process_identity
{
    ::pid_t number = 0;
    std::uint64_t start_time = 0;  ///< In clock ticks since the boot.
    std::string boot_id;

    friend bool operator==(process_identity const&, process_identity const&) = default;
};

/// `/proc/sys/kernel/random/boot_id`; empty if it cannot be read.
[[nodiscard]] std::string current_boot_id();

/// What identifies a process that runs, or has not been reaped yet. @param process a number that belongs to it meanwhile
/// @throws boost::system::system_error /proc cannot be read
[[nodiscard]] process_identity identity_of(::pid_t process);

/// The process that has this identity. @return null: it has ended
/// @throws boost::system::system_error there is no descriptor for it, or /proc cannot be read
[[nodiscard]] std::shared_ptr<child const> find_process(process_identity const& identity);

}  // namespace coqmp::detail

#endif
