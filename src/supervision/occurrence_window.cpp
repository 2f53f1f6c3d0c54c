#include "supervision/occurrence_window.hpp"

namespace coqmp::detail {

bool occurrence_window::add(clock::time_point now)
{
    if (most_ == 0)  // no limit
        return false;
    times_.push_back(now);
    if (times_.size() > most_ + 1)
        times_.pop_front();
    return is_exceeded(now);
}

bool occurrence_window::is_exceeded(clock::time_point now) const noexcept
{
    return times_.size() > most_ && now - times_.front() < span_;
}

occurrence_window::clock::time_point occurrence_window::calm_at(clock::time_point now) const noexcept
{
    return is_exceeded(now) ? times_.front() + span_ : clock::time_point::max();
}

}  // namespace coqmp::detail
