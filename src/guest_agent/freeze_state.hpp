// The rules of a freeze: who holds it, when it ends, and when to try again to thaw the guest.
// Invariant: once `guest-fsfreeze-freeze` may have reached the agent, the state becomes `thawed` only through an answered
// `guest-fsfreeze-thaw` or through give_up().
#ifndef COQMP_SRC_GUEST_AGENT_FREEZE_STATE_HPP
#define COQMP_SRC_GUEST_AGENT_FREEZE_STATE_HPP

#include <chrono>
#include <cstdint>
#include <string_view>

namespace coqmp::detail {

/// At most one freeze at a time; its holder has a ticket.
class freeze_state
{
public:
    using time_point = std::chrono::steady_clock::time_point;
    using ticket = std::uint64_t;

    enum class stage : std::uint8_t {
        thawed,
        freezing,  ///< The command is queued or on the wire.
        frozen,
        thawing  ///< No caller holds the freeze: the guest is to be thawed.
    };

    /// How the command to freeze ended.
    enum class outcome : std::uint8_t { never_sent, frozen, unknown_or_failed };

    static constexpr std::chrono::seconds first_pause{1};
    static constexpr std::chrono::seconds longest_pause{30};

    /// @param limit how long the guest may stay frozen; zero: no limit
    /// @return false if there is a freeze already
    [[nodiscard]] bool begin(ticket holder, std::chrono::nanoseconds limit) noexcept;

    void freeze_ended(outcome how, time_point now) noexcept;

    /// The holder no longer needs the freeze. @return whether the guest was frozen for this holder until now
    bool release(ticket holder, time_point now) noexcept;
    /// No caller needs a freeze any more.
    void release(time_point now) noexcept { release(holder_, now); }

    /// Ends a freeze whose limit has passed.
    void expire(time_point now) noexcept;

    /// Whether to send the command to thaw.
    [[nodiscard]] bool wants_thaw(time_point now) const noexcept;
    void thaw_started() noexcept { is_thaw_pending_ = true; }
    /// @param succeeded otherwise it is tried again after a pause
    void thaw_ended(bool succeeded, time_point now) noexcept;

    /// The agent can no longer be reached.
    void give_up() noexcept { stage_ = stage::thawed; }

    /// When to call expire() or to ask wants_thaw() again.
    [[nodiscard]] time_point next_moment() const noexcept;

    /// Whether the agent would execute the command now.
    [[nodiscard]] bool allows(std::string_view command) const noexcept;

    [[nodiscard]] stage where() const noexcept { return stage_; }
    /// How often the guest could not be thawed.
    [[nodiscard]] int failures() const noexcept { return failures_; }

private:
    void start_thawing(time_point now) noexcept;

    stage stage_ = stage::thawed;
    ticket holder_ = 0;
    bool is_released_ = false;  // while it is freezing
    bool is_thaw_pending_ = false;
    int failures_ = 0;
    std::chrono::nanoseconds limit_{0};
    std::chrono::nanoseconds pause_{0};
    time_point moment_ = time_point::max();  // the limit, or the next attempt to thaw
};

}  // namespace coqmp::detail

#endif
