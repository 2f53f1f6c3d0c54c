// What the parts of a guest_agent need of it.
#ifndef COQMP_SRC_GUEST_AGENT_AGENT_LINE_HPP
#define COQMP_SRC_GUEST_AGENT_AGENT_LINE_HPP

#include "detail/time_source.hpp"
#include "guest_agent/agent_command.hpp"

#include <string>

namespace coqmp::detail {

/// The line to the agent. Used on its executor only.
class agent_line
{
public:
    agent_line(agent_line const&) = delete;
    agent_line& operator=(agent_line const&) = delete;

    /// Queues a caller's command.
    virtual void submit(command_pointer const& what) = 0;

    /// Queues a command that undoes something.
    /// @param goes_first whether it overtakes the commands that wait
    virtual void submit_cleanup(command&& what, agent_command::end_function on_end, bool goes_first) = 0;

    /// Whether the caller has closed the line. It stays open while there is something to undo.
    [[nodiscard]] virtual bool is_closed() const noexcept = 0;

    [[nodiscard]] virtual time_source::time_point now() const noexcept = 0;

    virtual void log_error(std::string const& sentence) const = 0;

protected:
    agent_line() = default;
    ~agent_line() = default;
};

}  // namespace coqmp::detail

#endif
