// Counts what happens within a time that moves along.
// Invariant: keeps at most as many times as it needs for its limit.
#ifndef COQMP_SRC_SUPERVISION_OCCURRENCE_WINDOW_HPP
#define COQMP_SRC_SUPERVISION_OCCURRENCE_WINDOW_HPP

#include <chrono>
#include <cstddef>
#include <deque>

namespace coqmp::detail {

/// Reports when something happens more often than so many times within a time.
class occurrence_window
{
public:
    using clock = std::chrono::steady_clock;

    /// @param most zero: no limit
    occurrence_window(std::size_t most, std::chrono::nanoseconds span) noexcept : most_(most), span_(span) {}

    /// Other limits apply from now on, also to what has already happened.
    void limit(std::size_t most, std::chrono::nanoseconds span) noexcept
    {
        most_ = most;
        span_ = span;
    }

    /// It has happened. @return whether that was too often
    bool add(clock::time_point now);

    /// Whether it has happened too often within the time that ends now.
    [[nodiscard]] bool is_exceeded(clock::time_point now) const noexcept;

    /// When is_exceeded() becomes false if it does not happen again; the end of time if it is false.
    [[nodiscard]] clock::time_point calm_at(clock::time_point now) const noexcept;

    void clear() noexcept { times_.clear(); }

private:
    std::size_t most_;
    std::chrono::nanoseconds span_;
    std::deque<clock::time_point> times_;  ///< The last ones, at most most_ + 1.
};

}  // namespace coqmp::detail

#endif
