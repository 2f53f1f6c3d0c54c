// How long each command of a guest agent may take.
#ifndef COQMP_SRC_GUEST_AGENT_AGENT_TIMEOUTS_HPP
#define COQMP_SRC_GUEST_AGENT_AGENT_TIMEOUTS_HPP

#include "guest_agent/agent_command.hpp"

#include <coqmp/guest_agent_options.hpp>

#include <chrono>

namespace coqmp::detail {

/// Everywhere a duration of zero means that there is no limit.
class agent_timeouts
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// @param options outlives this object
    explicit agent_timeouts(guest_agent_options const& options) noexcept : options_(options) {}

    /// When a command must have its answer.
    [[nodiscard]] time_point deadline_of(command const& what, time_point now) const noexcept;

    /// How long to wait for the answer once the command is sent.
    [[nodiscard]] std::chrono::nanoseconds for_answer(agent_command const& what, time_point now) const noexcept;

    /// How long to wait for the answer to a synchronizing command.
    /// @param connect_deadline when connecting must have succeeded
    [[nodiscard]] std::chrono::nanoseconds for_sync(time_point connect_deadline, time_point now) const noexcept;

private:
    guest_agent_options const& options_;
};

}  // namespace coqmp::detail

#endif
