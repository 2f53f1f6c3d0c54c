// What /proc says about a process.
#ifndef COQMP_SRC_DETAIL_PROCESS_STATUS_HPP
#define COQMP_SRC_DETAIL_PROCESS_STATUS_HPP

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace coqmp::detail {

struct process_status
{
    char state = 'X';  ///< As ps(1) shows it; X: there is no such process.
    ::pid_t parent = 0;
    std::uint64_t start_time = 0;  ///< Clock ticks since the boot.
};

/// Reads the text of `/proc/PROCESS/stat`. What it does not have stays as in process_status().
[[nodiscard]] process_status parse_process_status(std::string const& text);

/// Reads such a file. If it cannot be read, there is no such process.
[[nodiscard]] process_status read_process_status(std::string const& path);

/// Reads `/proc/PROCESS/stat`.
[[nodiscard]] process_status status_of(::pid_t process);

}  // namespace coqmp::detail

#endif
