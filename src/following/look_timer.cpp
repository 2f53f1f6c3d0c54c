#include "following/look_timer.hpp"

#include <utility>

namespace coqmp::detail {

look_timer::look_timer(boost::asio::any_io_executor const& executor)
    : clock_(&time_source_of(executor)), timer_(std::in_place, executor), last_look_(clock_->now())
{}

bool look_timer::set(std::optional<std::chrono::nanoseconds> pause)
{
    auto const moment = pause ? last_look_ + *pause : time_source::time_point::max();
    if (moment == armed_for_ || !timer_)
        return false;
    armed_for_ = moment;
    clock_->expire_at(*timer_, moment);
    return pause.has_value();
}

bool look_timer::is_due() noexcept
{
    if (!timer_ || armed_for_ > now())
        return false;
    armed_for_ = time_source::time_point::max();
    last_look_ = now();
    return true;
}

void look_timer::reset() noexcept
{
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
}

}  // namespace coqmp::detail
