#include "supervision/backoff_plan.hpp"

#include <algorithm>
#include <utility>

namespace coqmp::detail {

namespace {

/// Between 0 and 1; 0 for what is not a number.
double share(double value) noexcept
{
    return value > 0 ? std::min(value, 1.0) : 0.0;
}

}  // namespace

backoff_plan::backoff_plan(backoff_times const& times) noexcept
    : first_(std::max(times.first_pause, shortest_pause)),
      longest_(std::max(times.longest_pause, first_)),
      jitter_(share(times.jitter)),
      stable_after_(times.stable_after),
      most_attempts_(times.most_attempts),
      next_(first_)
{}

backoff_plan::backoff_plan(reconnect_options const& options) noexcept
    : backoff_plan(
          backoff_times{options.first_pause, options.longest_pause, options.jitter, options.stable_after, options.most_attempts})
{}

std::optional<backoff_plan::pause> backoff_plan::ended(clock::time_point now, std::uint64_t random) noexcept
{
    auto const since = std::exchange(connected_at_, std::nullopt);
    if (since && now - *since >= stable_after_) {
        next_ = first_;
        failures_ = 0;
    } else if (++failures_; most_attempts_ != 0 && failures_ >= most_attempts_) {
        return std::nullopt;
    }
    pause const whole = next_;
    next_ = next_ > longest_ / 2 ? longest_ : 2 * next_;
    return shortened(whole, random);
}

backoff_plan::pause backoff_plan::shortened(pause whole, std::uint64_t random) const noexcept
{
    double const fraction = static_cast<double>(random >> 11) * 0x1p-53;  // 0 to 1, without 1
    auto const less = static_cast<pause::rep>(static_cast<double>(whole.count()) * jitter_ * fraction);
    return std::max(whole - pause(less), shortest_pause);
}

}  // namespace coqmp::detail
