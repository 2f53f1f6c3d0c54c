#include "hooks/report_filter.hpp"

#include "daemon/hooks/state_names.hpp"
#include "reports/change_report.hpp"

#include <utility>

namespace coqmpd {

using coqmp::lifecycle;
using coqmp::lifecycle_reason;

namespace {

/// A supervisor does not know why a machine has ended that was down already when it came. So the reasons may differ, and a machine
/// that had failed has just stopped.
bool is_same_after_gap(reported_state const& before, reported_state const& now) noexcept
{
    return before.state == now.state || (is_at_rest(before.state) && is_at_rest(now.state));
}

}  // namespace

std::string to_string(reported_state const& what)
{
    std::string const state(coqmp_daemon::state_name(what.state));
    std::string const reason(coqmp_daemon::reason_name(what.reason));
    return reason.empty() ? state : state + ' ' + reason;
}

std::optional<reported_state> parse_reported_state(std::string_view text)
{
    for (int state = 0; state <= static_cast<int>(lifecycle::given_up); ++state) {
        for (int reason = 0; reason <= static_cast<int>(lifecycle_reason::other); ++reason) {
            reported_state const candidate{static_cast<lifecycle>(state), static_cast<lifecycle_reason>(reason)};
            if (to_string(candidate) == text)
                return candidate;
        }
    }
    return std::nullopt;
}

void report_filter::recall(reported_state last) noexcept
{
    if (last_)
        return;
    last_ = last;
    is_recalled_ = true;
}

bool report_filter::take(reported_state now) noexcept
{
    bool const is_first = std::exchange(is_recalled_, false);
    if (is_first && last_->state == lifecycle::paused && now.state == lifecycle::running)
        is_provisional_ = true;
    if (is_provisional_ && now.state == lifecycle::running)
        return false;
    bool const is_known = is_first ? is_same_after_gap(*last_, now) : last_ == now;
    is_provisional_ = false;
    last_ = now;
    return !is_known;
}

void report_filter::take(std::string_view event) noexcept
{
    if (!is_provisional_ || (event != "STOP" && event != "RESUME"))
        return;
    is_provisional_ = false;
    last_ = reported_state{lifecycle::running, lifecycle_reason::none};
}

}  // namespace coqmpd
