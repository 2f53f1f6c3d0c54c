// Which peers a listener accepts, and how its sessions behave.
#ifndef COQMP_LISTENER_OPTIONS_HPP
#define COQMP_LISTENER_OPTIONS_HPP

#include <coqmp/session_options.hpp>

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace coqmp {

/// Which peers a listener accepts, and how the sessions that it makes behave.
struct listener_options
{
    listener_options() = default;  // not an aggregate, as session_options

    /// How long async_accept() waits for a peer to connect. From then on session_options::connect_timeout counts. Zero: no limit.
    std::chrono::nanoseconds accept_timeout = std::chrono::seconds(30);
    /// Of the sessions that async_accept() makes. A machine's session has the options of its machine_spec.
    session_options session;
    /// Only this user's processes. Nothing: any user's (but the socket's mode, 0600, lets only the owner and root in).
    std::optional<::uid_t> peer_user;
    /// Only this process, or one that it started. Nothing: any.
    std::optional<::pid_t> peer_process;
};

}  // namespace coqmp

#endif
