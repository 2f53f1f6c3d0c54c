// The commands that wait until they can be sent to the guest agent.
// Invariant: a command leaves the queue once: to be sent, or because it has ended.
#ifndef COQMP_SRC_GUEST_AGENT_AGENT_QUEUE_HPP
#define COQMP_SRC_GUEST_AGENT_AGENT_QUEUE_HPP

#include "guest_agent/agent_command.hpp"
#include "guest_agent/freeze_state.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <list>

namespace coqmp::detail {

/// Used on the agent's executor only.
class agent_queue
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    void add(command_pointer const& what) { commands_.push_back(what); }
    /// @param goes_first whether it overtakes the commands that wait
    void add_cleanup(command&& what, agent_command::end_function on_end, bool goes_first);
    /// @return whether it was in the queue
    bool remove(command_pointer const& what) { return std::erase(commands_, what) != 0; }

    /// The first command that the agent would execute now; it stays in the queue. Refuses the commands before it that a frozen guest
    /// does not execute. While it is being thawed they wait.
    [[nodiscard]] command_pointer first_sendable(freeze_state const& freeze);

    /// Ends the commands whose deadline has passed.
    void expire(time_point now);
    /// Ends all commands: they were not sent, for this reason.
    void fail_all(boost::system::error_code reason);
    /// The caller has closed the connection: completes all operations. Only cleanup commands stay, which must reach the agent.
    void close();

    [[nodiscard]] bool empty() const noexcept { return commands_.empty(); }
    [[nodiscard]] bool contains(command_pointer const& what) const;
    /// When to call expire() again.
    [[nodiscard]] time_point next_deadline() const noexcept;

    /// The execution context ends: destroys the handlers.
    void destroy_handlers() noexcept;

private:
    std::list<command_pointer> commands_;
};

}  // namespace coqmp::detail

#endif
