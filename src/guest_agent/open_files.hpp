// The files that are open in a guest.
// Invariant: each file that the agent has opened is closed: by its owner, by release(), or by close_all().
#ifndef COQMP_SRC_GUEST_AGENT_OPEN_FILES_HPP
#define COQMP_SRC_GUEST_AGENT_OPEN_FILES_HPP

#include "guest_agent/agent_line.hpp"

#include <cstdint>
#include <set>

namespace coqmp::detail {

class open_files
{
public:
    explicit open_files(agent_line& line) noexcept : line_(line) {}

    /// Submits `guest-file-open`. If its caller no longer waits for the answer, the file is closed.
    void open(command_pointer const& what);
    /// Submits `guest-file-close`, which is sent even if it is cancelled.
    void close(command_pointer const& what, std::int64_t handle);
    /// Closes a file if it is still open.
    void release(std::int64_t handle);
    void close_all();

private:
    [[nodiscard]] agent_command::end_function unless_sent(std::int64_t handle);
    void submit_close(std::int64_t handle);

    agent_line& line_;
    std::set<std::int64_t> handles_;
};

}  // namespace coqmp::detail

#endif
