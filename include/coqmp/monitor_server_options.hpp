// How a monitor server behaves.
#ifndef COQMP_MONITOR_SERVER_OPTIONS_HPP
#define COQMP_MONITOR_SERVER_OPTIONS_HPP

#include <coqmp/greeting.hpp>
#include <coqmp/log_level.hpp>
#include <coqmp/monitor_client.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace coqmp {

/// How a monitor_server behaves. The hooks are called on the server's executor, in the middle of its work. A hook may use the
/// server, and may close or destroy it. It must not run the execution context. An exception that a hook throws leaves the function
/// that runs the execution context, such as `io_context::run()`, as one from a handler does; the server goes on when that function
/// is called again. A client is disconnected if #on_connected throws for it.
/// @see examples/monitor_server.cpp
struct monitor_server_options
{
    monitor_server_options() = default;  // not an aggregate, like session_options

    /// The first message to each client, and which capabilities a client may enable: `oob`, or none.
    coqmp::greeting greeting;

    /// How many clients are served at a time. The others wait in the kernel's queue, as they do with QEMU, which serves one. At
    /// least 1.
    std::size_t most_clients = 64;

    /// How many in-band commands of one client are handled at a time. With 1, as in QEMU, a handler is called when the one
    /// before it has answered. A client that has not enabled `oob` never has more than one. At least 1.
    std::size_t in_band_at_once = 1;

    /// The largest message from a client, in bytes; a larger one is refused, as by QEMU.
    std::size_t max_message_size = std::size_t{64} << 20;

    /// How many bytes may wait for a client that does not read. Beyond this, the client loses events. Before its next event, it
    /// gets the event `__org.coqmp_EVENTS_LOST`, whose `count` says how many were lost. Answers are never lost, but while more
    /// than 16 MiB are waiting, nothing more is read from the client.
    std::size_t event_bytes = std::size_t{1} << 20;

    /// A client has connected. What the hook publishes does not reach the client, which has not negotiated yet.
    std::function<void(monitor_client const&)> on_connected;
    /// A client has left, or was disconnected. Not called when the server closes.
    std::function<void(monitor_client const&)> on_disconnected;

    /// Identifies the server in the log: each sentence begins with it and a colon. Empty: no prefix.
    std::string name;
    /// As session_options::log.
    std::function<void(log_level, std::string_view)> log;
};

}  // namespace coqmp

#endif
