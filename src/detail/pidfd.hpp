// The system calls on pidfds. glibc 2.36 declares them without `extern "C"`, so that C++ cannot link them; 2.37 does.
#ifndef COQMP_SRC_DETAIL_PIDFD_HPP
#define COQMP_SRC_DETAIL_PIDFD_HPP

#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

namespace coqmp::detail {

/// A descriptor (close-on-exec) of a process, or -1 and errno.
[[nodiscard]] inline int open_pidfd(::pid_t process) noexcept
{
    return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
}

/// Sends a signal to exactly this process; if it has ended, nothing happens.
inline void send_signal(int pidfd, int number) noexcept
{
    ::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0);
}

/// Whether the process has been reaped, by us or by others: from then on its number may belong to another process. As long as
/// this is false, all that was read through the number since the pidfd was opened is about this process.
[[nodiscard]] inline bool is_reaped(int pidfd) noexcept
{
    return ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0 && errno == ESRCH;
}

/// Whether the process has ended with all its threads, and so has released its files and their locks. Its state in /proc says less:
/// it is that of the first thread, which may be a zombie while others still write to a disk.
[[nodiscard]] inline bool has_ended(int pidfd) noexcept
{
    ::pollfd end{pidfd, POLLIN, 0};
    return ::poll(&end, 1, 0) > 0;
}

}  // namespace coqmp::detail

#endif
