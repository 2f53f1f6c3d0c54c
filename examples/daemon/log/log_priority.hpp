// How important a line of the log is.
#ifndef COQMP_DAEMON_LOG_LOG_PRIORITY_HPP
#define COQMP_DAEMON_LOG_LOG_PRIORITY_HPP

#include <coqmp/log_level.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace coqmp_daemon {

/// The values are those of syslog(3) and the journal. The journal's first three are for a host that cannot go on.
enum class log_priority {
    error = 3,    ///< An operation failed because of it.
    warning = 4,  ///< The operation goes on, but something is not as it should be.
    notice = 5,   ///< What an operator wants to see later: started, reloaded, stopped.
    info = 6,     ///< Part of normal operation.
    debug = 7     ///< For developers of the daemon.
};

inline constexpr std::array<std::pair<std::string_view, log_priority>, 5> log_priorities{{{"error", log_priority::error},
                                                                                          {"warning", log_priority::warning},
                                                                                          {"notice", log_priority::notice},
                                                                                          {"info", log_priority::info},
                                                                                          {"debug", log_priority::debug}}};

[[nodiscard]] constexpr std::string_view to_string(log_priority priority) noexcept
{
    for (auto const& [name, each] : log_priorities)
        if (each == priority)
            return name;
    return "unknown";
}

/// For `coqmp::session_options::log` and the like.
[[nodiscard]] constexpr log_priority priority_of(coqmp::log_level level) noexcept
{
    return level == coqmp::log_level::error     ? log_priority::error
           : level == coqmp::log_level::warning ? log_priority::warning
                                                : log_priority::info;
}

}  // namespace coqmp_daemon

#endif
