// How many lines of the log each source may have. No clock: the caller says what time it is.
#ifndef COQMP_DAEMON_LOG_RATE_LIMIT_HPP
#define COQMP_DAEMON_LOG_RATE_LIMIT_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp_daemon {

struct rate_limit_options
{
    std::size_t lines = 50;  ///< For each source in each interval. Zero: no limit.
    std::chrono::steady_clock::duration interval = std::chrono::seconds(5);  ///< It begins with a source's first line.
    std::size_t sources = 1000;  ///< How many are counted one by one. All others share one limit, so that memory is bounded.
};

class rate_limit
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    struct suppression
    {
        std::string source;  ///< Empty: the sources that share a limit.
        std::uint64_t lines;
    };

    explicit rate_limit(rate_limit_options const& options) : options_(options) {}

    /// Counts a line. @return whether it may be written
    [[nodiscard]] bool admit(std::string_view source, time_point now);

    /// The sources whose interval is over, and how many of their lines were suppressed in it. Each is reported once.
    [[nodiscard]] std::vector<suppression> take_suppressions(time_point now);

    /// When take_suppressions() will have something to report. @return nothing: no line was suppressed since
    [[nodiscard]] std::optional<time_point> next_suppression() const noexcept { return next_; }

private:
    struct window
    {
        time_point end;
        std::size_t admitted = 0;
        std::uint64_t suppressed = 0;
    };

    window& find_window(std::string_view source, time_point now);
    void forget_quiet(time_point now);

    rate_limit_options options_;
    std::map<std::string, window, std::less<>> windows_;
    window shared_;
    std::optional<time_point> next_;
};

}  // namespace coqmp_daemon

#endif
