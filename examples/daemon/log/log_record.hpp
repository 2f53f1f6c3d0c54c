// One entry of a log, and the line that shows it.
#ifndef COQMP_DAEMON_LOG_LOG_RECORD_HPP
#define COQMP_DAEMON_LOG_LOG_RECORD_HPP

#include "daemon/log/log_priority.hpp"
#include "daemon/log/log_style.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace coqmp_daemon {

struct log_record
{
    log_priority priority = log_priority::info;
    std::string_view source;  ///< A machine, a client; empty: the daemon itself.
    std::string_view text;    ///< A sentence. It may quote a guest or a peer.
    std::chrono::system_clock::time_point time;
};

/// The longest line, including its line end. A pipe takes a line of up to PIPE_BUF bytes in whole or not at all (pipe(7)). The
/// journal breaks longer lines at LineMax= (journald.conf(5)), and the second half of such a line could begin with text of the
/// guest's choice, such as `<0>`.
inline constexpr std::size_t longest_log_line = 4096;

/// The record as one line with a line end, whatever the source and the text contain (see printable()). The end of a line that
/// is too long is left out.
[[nodiscard]] std::string format_line(log_record const& record, log_style const& style);

}  // namespace coqmp_daemon

#endif
