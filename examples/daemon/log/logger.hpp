// A daemon's log.
#ifndef COQMP_DAEMON_LOG_LOGGER_HPP
#define COQMP_DAEMON_LOG_LOGGER_HPP

#include "daemon/log/log_priority.hpp"
#include "daemon/log/log_record.hpp"
#include "daemon/log/log_style.hpp"
#include "daemon/log/rate_limit.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace coqmp_daemon {

struct logger_options
{
    log_style style;
    log_priority least = log_priority::info;  ///< Less important lines are not written.
    rate_limit_options rate;                  ///< For each source; the daemon's own lines have no limit.

    /// Writes one line, and says whether it was written. Empty: to standard error.
    std::function<bool(std::string_view line)> write;
    std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
    std::function<std::chrono::steady_clock::time_point()> steady_now = std::chrono::steady_clock::now;
};

/// Writes a line for each call. If a source exceeds its limit, its lines are suppressed until its interval ends, and then one line
/// reports their number. A line that standard error does not accept is dropped, and the next accepted line is preceded by one with
/// the number of dropped lines.
/// @par Threads One thread, that of its executor.
/// @par Lifetime It may be destroyed at any time; it first reports the lines that are suppressed. Its timer keeps an io_context at work for
///   at most one interval after a suppressed line.
class logger
{
public:
    logger(boost::asio::any_io_executor const& executor, logger_options options);
    logger(logger const&) = delete;
    logger& operator=(logger const&) = delete;
    ~logger();

    /// A line of the daemon itself.
    void write(log_priority priority, std::string_view text) { write(priority, {}, text); }

    /// @param source the machine, client or peer that caused the line; it may have chosen its name
    void write(log_priority priority, std::string_view source, std::string_view text);

    /// Whether lines of this priority are written. For lines that are expensive to make.
    [[nodiscard]] bool writes(log_priority priority) const noexcept { return priority <= options_.least; }

    /// How many lines were dropped in all.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

private:
    void write_line(log_priority priority, std::string_view source, std::string_view text);
    void report_suppressions(rate_limit::time_point now);
    void arm_timer();

    logger_options options_;
    rate_limit limit_;
    boost::asio::steady_timer timer_;
    bool is_armed_ = false;
    std::uint64_t dropped_ = 0;
    std::uint64_t unreported_ = 0;                                      ///< of the dropped lines
    std::shared_ptr<bool> const alive_ = std::make_shared<bool>(true);  ///< the timer's handler may run when this has gone
};

}  // namespace coqmp_daemon

#endif
