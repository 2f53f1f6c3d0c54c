// Which peers a listener accepts, and how its sessions behave.
#ifndef COQMP_LISTENER_OPTIONS_HPP
#define COQMP_LISTENER_OPTIONS_HPP

#include <coqmp/session_options.hpp>

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace coqmp {

/// Which peers a listener accepts, and how the sessions that it makes behave.
/// @see examples/qmp-shell/qemu/connection.cpp
struct listener_options
{
    listener_options() = default;  // not an aggregate, as session_options

    /// Limits the time that async_accept() waits for a peer to connect. When it has connected, session_options::connect_timeout
    /// counts. Zero: no limit.
    std::chrono::nanoseconds accept_timeout = std::chrono::seconds(30);
    /// Options for the sessions that async_accept() makes. A machine's session has the options of its machine_spec.
    session_options session;
    /// Accept only this user's processes. Empty: any user's (but the socket's mode, 0600, admits only the owner and root).
    std::optional<::uid_t> peer_user;
    /// Accept only this process, or one that it started. Empty: any.
    std::optional<::pid_t> peer_process;
};

}  // namespace coqmp

#endif
