// How a guest_agent behaves.
#ifndef COQMP_GUEST_AGENT_OPTIONS_HPP
#define COQMP_GUEST_AGENT_OPTIONS_HPP

#include <coqmp/session_options.hpp>

#include <chrono>
#include <cstddef>

namespace coqmp {

/// How a guest_agent behaves. Fill it in before the object is made, which keeps a copy.
/// @see examples/guest_agent.cpp
struct guest_agent_options
{
    guest_agent_options() = default;  // not an aggregate, as session_options

    /// Limits of messages, log, trace, name and ids of the connection. connect_timeout (30 s) bounds async_connect(), which
    /// waits that long for the agent of a guest that is still booting. command_timeout (2 minutes) bounds each command without a
    /// timeout() of its own, but for those below. `negotiate` and what concerns events and windows is not used.
    session_options session;

    /// How long the agent may take to answer `guest-sync-delimited` before it counts as silent. Zero: no limit.
    std::chrono::nanoseconds sync_timeout = std::chrono::seconds(5);

    /// Limits commands that may take minutes: `guest-fsfreeze-freeze`, `-freeze-list` and `-thaw`, `guest-fstrim`. Zero: no limit.
    std::chrono::nanoseconds freeze_timeout = std::chrono::minutes(10);

    /// How long to wait for an error after `guest-shutdown` and `guest-suspend-*`, which the agent does not answer if they
    /// succeed.
    std::chrono::nanoseconds error_wait = std::chrono::seconds(2);

    /// guest_agent::read_file() fails for a file with more bytes than this. Zero: no limit.
    std::size_t max_file_size = std::size_t{256} << 20;
};

}  // namespace coqmp

#endif
