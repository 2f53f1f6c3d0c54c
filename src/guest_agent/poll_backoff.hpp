// How long to wait between two questions whether a program in the guest has ended.
#ifndef COQMP_SRC_GUEST_AGENT_POLL_BACKOFF_HPP
#define COQMP_SRC_GUEST_AGENT_POLL_BACKOFF_HPP

#include <algorithm>
#include <chrono>
#include <utility>

namespace coqmp::detail {

/// Most programs end at once, and some run for hours: each pause is half as long again as the one before, up to a second.
class poll_backoff
{
public:
    static constexpr std::chrono::milliseconds first{10};
    static constexpr std::chrono::milliseconds longest{1000};

    /// The next pause.
    [[nodiscard]] std::chrono::milliseconds next() noexcept
    {
        return std::exchange(pause_, std::min(pause_ + pause_ / 2, longest));
    }

private:
    std::chrono::milliseconds pause_ = first;
};

}  // namespace coqmp::detail

#endif
