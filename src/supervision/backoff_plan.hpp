// When to try again: to connect, to restart a machine, or to continue a guest. Without I/O.
// Invariant: between two attempts there is a pause, of at least shortest_pause.
#ifndef COQMP_SRC_SUPERVISION_BACKOFF_PLAN_HPP
#define COQMP_SRC_SUPERVISION_BACKOFF_PLAN_HPP

#include <coqmp/reconnect_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace coqmp::detail {

/// How pauses grow; reconnect_options explains the members of the same names.
struct backoff_times
{
    std::chrono::nanoseconds first_pause{};
    std::chrono::nanoseconds longest_pause{};
    double jitter = 0;
    std::chrono::nanoseconds stable_after{};
    std::size_t most_attempts = 0;
};

/// Given each attempt and each connection, it says how long to wait. (For a machine, "connected" means that it got ready; for a
/// guest that was continued, that it runs.)
class backoff_plan
{
public:
    using clock = std::chrono::steady_clock;
    using pause = std::chrono::nanoseconds;

    static constexpr pause shortest_pause = std::chrono::milliseconds(1);

    explicit backoff_plan(backoff_times const& times) noexcept;
    explicit backoff_plan(reconnect_options const& options) noexcept;

    /// An attempt has led to a connection.
    void connected(clock::time_point now) noexcept { connected_at_ = now; }

    /// The attempt has failed, or the connection has ended.
    /// @param random any number
    /// @return how long to wait; nothing: the last attempt has failed
    [[nodiscard]] std::optional<pause> ended(clock::time_point now, std::uint64_t random) noexcept;

    /// Attempts in a row that have failed, and connections that were too short.
    [[nodiscard]] std::size_t failures() const noexcept { return failures_; }

private:
    [[nodiscard]] pause shortened(pause whole, std::uint64_t random) const noexcept;

    pause first_;
    pause longest_;
    double jitter_;
    pause stable_after_;
    std::size_t most_attempts_;

    pause next_;
    std::size_t failures_ = 0;
    std::optional<clock::time_point> connected_at_;
};

}  // namespace coqmp::detail

#endif
