// What /proc says about a process.
#ifndef COQMP_SRC_DETAIL_PROCESS_STATUS_HPP
#define COQMP_SRC_DETAIL_PROCESS_STATUS_HPP

#include <sys/types.h>

namespace coqmp::detail {

struct process_status
{
    char state = 'X';  ///< As ps(1) shows it; X: there is no such process.
    ::pid_t parent = 0;
};

/// Reads `/proc/PROCESS/stat`.
[[nodiscard]] process_status status_of(::pid_t process);

}  // namespace coqmp::detail

#endif
