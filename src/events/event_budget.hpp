// How much memory the queued events of one session take, and how many events its queues have lost.
// Invariant: the memory of an event is added when it is queued, and removed when it leaves the queue.
#ifndef COQMP_SRC_EVENTS_EVENT_BUDGET_HPP
#define COQMP_SRC_EVENTS_EVENT_BUDGET_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace coqmp::detail {

/// One for all streams of a session. Safe to use from any thread.
class event_budget
{
public:
    /// @param limit in bytes; zero: none
    explicit event_budget(std::size_t limit) noexcept : limit_(limit == 0 ? std::numeric_limits<std::size_t>::max() : limit) {}

    void add(std::size_t bytes) noexcept { used_.fetch_add(bytes, std::memory_order_relaxed); }
    void remove(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
    [[nodiscard]] bool is_exceeded() const noexcept { return used_.load(std::memory_order_relaxed) > limit_; }

    void add_lost(std::uint64_t events) noexcept
    {
        if (events != 0)
            lost_.fetch_add(events, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

private:
    std::size_t const limit_;
    std::atomic<std::size_t> used_ = 0;
    std::atomic<std::uint64_t> lost_ = 0;
};

}  // namespace coqmp::detail

#endif
