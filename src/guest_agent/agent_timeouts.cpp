#include "guest_agent/agent_timeouts.hpp"

#include "detail/deadline_after.hpp"
#include "guest_agent/command_traits.hpp"

#include <algorithm>

namespace coqmp::detail {

namespace {

/// Zero if there is no deadline, and otherwise not zero.
std::chrono::nanoseconds until(agent_timeouts::time_point deadline, agent_timeouts::time_point now)
{
    if (deadline == agent_timeouts::time_point::max())
        return std::chrono::nanoseconds(0);
    return std::max<std::chrono::nanoseconds>(deadline - now, std::chrono::nanoseconds(1));
}

}  // namespace

agent_timeouts::time_point agent_timeouts::deadline_of(command const& what, time_point now) const noexcept
{
    auto const otherwise = takes_minutes(what.name()) ? options_.freeze_timeout : options_.session.command_timeout;
    return optional_deadline_after(what.timeout().value_or(otherwise), now);
}

std::chrono::nanoseconds agent_timeouts::for_answer(agent_command const& what, time_point now) const noexcept
{
    auto deadline = what.is_cleanup ? deadline_of(what.what, now) : what.deadline;
    if (is_silent_on_success(what.what.name()))
        deadline = std::min(deadline, deadline_after(options_.error_wait, now));
    return until(deadline, now);
}

std::chrono::nanoseconds agent_timeouts::for_sync(time_point connect_deadline, time_point now) const noexcept
{
    return until(std::min(connect_deadline, optional_deadline_after(options_.sync_timeout, now)), now);
}

}  // namespace coqmp::detail
