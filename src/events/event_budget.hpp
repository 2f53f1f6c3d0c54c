// How much memory the queued events of one session take.
// Invariant: the memory of an event is added when it is queued, and removed when it leaves the queue.
#ifndef COQMP_SRC_EVENTS_EVENT_BUDGET_HPP
#define COQMP_SRC_EVENTS_EVENT_BUDGET_HPP

#include <atomic>
#include <cstddef>
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

private:
    std::size_t const limit_;
    std::atomic<std::size_t> used_ = 0;
};

}  // namespace coqmp::detail

#endif
