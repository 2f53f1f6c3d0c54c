#include "daemon/log/logger.hpp"

#include "daemon/log/standard_error.hpp"

#include <boost/system/error_code.hpp>

#include <unistd.h>

#include <exception>
#include <string>
#include <utility>

namespace coqmp_daemon {

namespace {

std::string lines(std::uint64_t count)
{
    return std::to_string(count) + (count == 1 ? " line" : " lines");
}

}  // namespace

logger::logger(boost::asio::any_io_executor const& executor, logger_options options)
    : options_(std::move(options)), limit_(options_.rate), timer_(executor)
{
    if (!options_.write)
        options_.write = [output = std::make_shared<standard_error>(STDERR_FILENO)](std::string_view line) {
            return output->write(line);
        };
}

logger::~logger()
{
    try {
        report_suppressions(rate_limit::time_point::max());
    } catch (std::exception const&) {
        // A destructor cannot report it.
    }
}

void logger::write(log_priority priority, std::string_view source, std::string_view text)
{
    if (!writes(priority))
        return;
    auto const now = options_.steady_now();
    report_suppressions(now);
    if (source.empty() || limit_.admit(source, now))
        write_line(priority, source, text);
    else
        arm_timer();
}

void logger::write_line(log_priority priority, std::string_view source, std::string_view text)
{
    auto const now = options_.now();
    if (unreported_ != 0) {
        std::string const loss =
            lines(unreported_) + " of this log could not be written and " + (unreported_ == 1 ? "is" : "are") + " missing here";
        if (options_.write(format_line({log_priority::warning, {}, loss, now}, options_.style)))
            unreported_ = 0;
    }
    // A line after a gap that cannot be reported would hide the gap.
    if (unreported_ != 0 || !options_.write(format_line({priority, source, text, now}, options_.style))) {
        ++unreported_;
        ++dropped_;
    }
}

void logger::report_suppressions(rate_limit::time_point now)
{
    for (rate_limit::suppression const& each : limit_.take_suppressions(now)) {
        std::string const text = lines(each.lines) + (each.source.empty() ? " of other sources" : "") +
                                 (each.lines == 1 ? " was" : " were") + " suppressed: there were too many";
        write_line(log_priority::warning, each.source, text);
    }
}

/// A source that floods the log and then falls silent is reported, too.
void logger::arm_timer()
{
    auto const next = limit_.next_suppression();
    if (is_armed_ || !next)
        return;
    is_armed_ = true;
    timer_.expires_after(*next - options_.steady_now());
    timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
        if (error || alive.expired())
            return;
        is_armed_ = false;
        report_suppressions(options_.steady_now());
        arm_timer();
    });
}

}  // namespace coqmp_daemon
