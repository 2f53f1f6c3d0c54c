#include "detail/rate_estimate.hpp"

#include <algorithm>
#include <cmath>

namespace coqmp::detail {

namespace {

constexpr double time_constant = 5.0;  // seconds

}  // namespace

void rate_estimate::sample(time_point now, std::uint64_t value)
{
    if (last_ && value < value_)
        restart();
    if (last_ && now <= *last_)
        return;
    if (last_) {
        double const elapsed = std::chrono::duration<double>(now - *last_).count();
        double const remembered = std::exp(-elapsed / time_constant);
        growth_ = growth_ * remembered + static_cast<double>(value - value_);
        seconds_ = seconds_ * remembered + elapsed;
    }
    last_ = now;
    value_ = value;
}

void rate_estimate::restart() noexcept
{
    *this = rate_estimate();
}

std::optional<double> rate_estimate::per_second() const noexcept
{
    constexpr double highest = 1e18;  // a peer may send any numbers, and users convert the rate to an integer
    return seconds_ > 0.0 ? std::optional(std::min(growth_ / seconds_, highest)) : std::nullopt;
}

std::optional<std::chrono::nanoseconds> rate_estimate::time_for(std::uint64_t rest) const
{
    constexpr double longest = 100.0 * 365 * 24 * 3600;  // a century: beyond it, the number would only mislead
    auto const rate = per_second();
    if (!rate || *rate <= 0.0)
        return std::nullopt;
    double const seconds = static_cast<double>(rest) / *rate;
    if (seconds > longest)
        return std::nullopt;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace coqmp::detail
