// Freezes and thaws a guest through the line to its agent, by the rules of freeze_state.
#ifndef COQMP_SRC_GUEST_AGENT_FREEZING_HPP
#define COQMP_SRC_GUEST_AGENT_FREEZING_HPP

#include "guest_agent/agent_line.hpp"
#include "guest_agent/freeze_state.hpp"

#include <atomic>
#include <chrono>
#include <list>

namespace coqmp::detail {

/// The answer of an agent in a frozen guest.
[[nodiscard]] reply refusal_while_frozen(std::string const& name);

class freezing
{
public:
    explicit freezing(agent_line& line) noexcept : line_(line) {}

    /// For the holder of a freeze. From any thread.
    [[nodiscard]] freeze_state::ticket next_ticket() noexcept { return ++last_ticket_; }

    /// Submits a command that freezes the guest.
    void freeze(command_pointer const& what, freeze_state::ticket holder, std::chrono::nanoseconds limit);
    /// Completes `what`, which is not sent itself, with the answer to `guest-fsfreeze-thaw`; with errc::thawed_early if the holder's
    /// freeze is over.
    void thaw(command_pointer const& what, freeze_state::ticket holder);
    /// @return whether it waits for the thaw, and no longer does
    bool cancel_thaw(command_pointer const& what) { return waits_.remove(what) != 0; }

    void release(freeze_state::ticket holder) { state_.release(holder, line_.now()); }
    void release() { state_.release(line_.now()); }

    /// Submits `guest-fsfreeze-thaw` if it is time for it.
    void proceed();

    [[nodiscard]] freeze_state const& state() const noexcept { return state_; }
    void destroy_handlers() noexcept;

private:
    void freeze_ended(boost::system::error_code error, reply const& answer);
    void thaw_ended(boost::system::error_code error, reply const& answer);

    agent_line& line_;
    std::atomic<freeze_state::ticket> last_ticket_{0};
    freeze_state state_;
    std::list<command_pointer> waits_;
};

}  // namespace coqmp::detail

#endif
