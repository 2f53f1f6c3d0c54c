#include "guest_agent/freeze_state.hpp"

#include "detail/deadline_after.hpp"
#include "guest_agent/command_traits.hpp"

#include <algorithm>

namespace coqmp::detail {

bool freeze_state::begin(ticket holder, std::chrono::nanoseconds limit) noexcept
{
    if (stage_ != stage::thawed)
        return false;
    stage_ = stage::freezing;
    holder_ = holder;
    limit_ = limit;
    is_released_ = false;
    moment_ = time_point::max();
    return true;
}

void freeze_state::freeze_ended(outcome how, time_point now) noexcept
{
    if (stage_ != stage::freezing)
        return;
    if (how == outcome::never_sent) {
        stage_ = stage::thawed;
    } else if (how == outcome::frozen && !is_released_) {
        stage_ = stage::frozen;
        moment_ = optional_deadline_after(limit_, now);
    } else {
        start_thawing(now);
    }
}

bool freeze_state::release(ticket holder, time_point now) noexcept
{
    if (holder != holder_)
        return false;
    if (stage_ == stage::freezing)
        is_released_ = true;
    if (stage_ != stage::frozen || moment_ <= now)
        return false;
    start_thawing(now);
    return true;
}

void freeze_state::expire(time_point now) noexcept
{
    if (stage_ == stage::frozen && moment_ <= now)
        start_thawing(now);
}

void freeze_state::start_thawing(time_point now) noexcept
{
    stage_ = stage::thawing;
    is_thaw_pending_ = false;
    failures_ = 0;
    pause_ = first_pause;
    moment_ = now;
}

bool freeze_state::wants_thaw(time_point now) const noexcept
{
    return stage_ == stage::thawing && !is_thaw_pending_ && moment_ <= now;
}

void freeze_state::thaw_ended(bool succeeded, time_point now) noexcept
{
    is_thaw_pending_ = false;
    if (stage_ != stage::thawing)
        return;
    if (succeeded) {
        stage_ = stage::thawed;
        return;
    }
    ++failures_;
    moment_ = deadline_after(pause_, now);
    pause_ = std::min<std::chrono::nanoseconds>(2 * pause_, longest_pause);
}

freeze_state::time_point freeze_state::next_moment() const noexcept
{
    bool const waits = stage_ == stage::frozen || (stage_ == stage::thawing && !is_thaw_pending_);
    return waits ? moment_ : time_point::max();
}

bool freeze_state::allows(std::string_view command) const noexcept
{
    bool const is_frozen = stage_ == stage::frozen || stage_ == stage::thawing;
    return !is_frozen || is_allowed_while_frozen(command);
}

}  // namespace coqmp::detail
