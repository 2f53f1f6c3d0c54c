// Writes the log to standard error, without ever waiting for it.
#ifndef COQMP_DAEMON_LOG_STANDARD_ERROR_HPP
#define COQMP_DAEMON_LOG_STANDARD_ERROR_HPP

#include <coqmp/descriptor.hpp>

#include <string_view>

namespace coqmp_daemon {

/// Writes whole lines. A line that standard error does not accept at once is dropped, for example because a pipe is full, a
/// terminal is stopped, or the journal does not read. A daemon must go on serving its machines, and a queue of unwritten lines
/// would need a limit as well. The caller counts what is dropped (see `logger`).
///
/// Other processes share standard error's open file, so O_NONBLOCK must not be set on it. Instead, a pipe or a terminal is opened
/// a second time, with O_NONBLOCK. Where that is impossible (no /proc, no permission), the descriptor is polled before each write;
/// then a write can still block if another process fills the pipe between the two calls.
/// @par Signals SIGPIPE must be ignored (see `signals`).
/// @par Threads One at a time.
class standard_error
{
public:
    /// @param descriptor which stays the caller's; only tests use another one than 2
    explicit standard_error(int descriptor);

    /// @param line with its line end, at most `longest_log_line`
    /// @return whether the line was written; if not, it was dropped, in whole or in part
    [[nodiscard]] bool write(std::string_view line);

private:
    [[nodiscard]] long write_some(std::string_view text) const;

    int original_;
    coqmp::descriptor reopened_;
    bool is_socket_ = false;
    bool ends_in_mid_line_ = false;
};

}  // namespace coqmp_daemon

#endif
