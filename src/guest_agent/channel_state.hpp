// When to synchronize with the guest agent, and when a command may be sent.
// Invariant: a command is sent only if the agent has answered everything that was sent before it, so that no late answer can be
// taken for its answer.
#ifndef COQMP_SRC_GUEST_AGENT_CHANNEL_STATE_HPP
#define COQMP_SRC_GUEST_AGENT_CHANNEL_STATE_HPP

#include <cstdint>

namespace coqmp::detail {

/// The agent executes one command at a time, so one is on the wire at a time.
class channel_state
{
public:
    /// What to do next.
    enum class step : std::uint8_t {
        wait,         ///< An answer is outstanding, or there is nothing to send.
        synchronize,  ///< Send `guest-sync-delimited` with start_synchronizing() as its number.
        send          ///< Send the first command.
    };

    /// @param nonce different from those of all other clients of this agent
    explicit channel_state(std::uint64_t nonce) noexcept : last_number_(nonce & largest_nonce) {}

    /// @param has_work whether a command waits, or the caller wants to know whether the agent answers
    [[nodiscard]] step next(bool has_work) const noexcept
    {
        if (!has_work || is_busy_)
            return step::wait;
        return is_in_step_ ? step::send : step::synchronize;
    }

    /// @return a number that was never used before
    [[nodiscard]] std::int64_t start_synchronizing() noexcept
    {
        is_busy_ = true;
        return static_cast<std::int64_t>(++last_number_);
    }

    void start_command() noexcept { is_busy_ = true; }

    /// What was started has ended.
    /// @param answered whether the agent has answered it; if it was not even sent, nothing is outstanding either
    void end(bool answered) noexcept
    {
        is_busy_ = false;
        is_in_step_ = answered;
    }

    [[nodiscard]] bool is_in_step() const noexcept { return is_in_step_; }

private:
    // Sums stay within the integers that every JSON parser reads exactly.
    static constexpr std::uint64_t largest_nonce = (std::uint64_t{1} << 52) - 1;

    std::uint64_t last_number_;
    bool is_in_step_ = false;  // an earlier client may have left a command or an answer behind
    bool is_busy_ = false;
};

}  // namespace coqmp::detail

#endif
