// When a duration is over, without the overflow that very long ones would give.
#ifndef COQMP_SRC_DETAIL_DEADLINE_AFTER_HPP
#define COQMP_SRC_DETAIL_DEADLINE_AFTER_HPP

#include <chrono>

namespace coqmp::detail {

/// A moment and a duration; the end of time if that is beyond it.
[[nodiscard]] inline std::chrono::steady_clock::time_point deadline_after(
    std::chrono::nanoseconds duration, std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now())
{
    return duration >= std::chrono::steady_clock::time_point::max() - now ? std::chrono::steady_clock::time_point::max()
                                                                          : now + duration;
}

/// The same, where a duration of zero (or less) means that there is no deadline.
[[nodiscard]] inline std::chrono::steady_clock::time_point optional_deadline_after(
    std::chrono::nanoseconds duration, std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now())
{
    return duration <= duration.zero() ? std::chrono::steady_clock::time_point::max() : deadline_after(duration, now);
}

}  // namespace coqmp::detail

#endif
