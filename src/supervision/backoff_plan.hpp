// When to try to connect again, without I/O.
// Invariant: between two attempts there is a pause, of at least shortest_pause.
#ifndef COQMP_SRC_SUPERVISION_BACKOFF_PLAN_HPP
#define COQMP_SRC_SUPERVISION_BACKOFF_PLAN_HPP

#include <coqmp/reconnect_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace coqmp::detail {

/// Told of each attempt and each connection, it says how long to wait.
class backoff_plan
{
public:
    using clock = std::chrono::steady_clock;
    using pause = std::chrono::nanoseconds;

    static constexpr pause shortest_pause = std::chrono::milliseconds(1);

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
