// How a monitor proxy behaves.
#ifndef COQMP_MONITOR_PROXY_OPTIONS_HPP
#define COQMP_MONITOR_PROXY_OPTIONS_HPP

#include <coqmp/log_level.hpp>
#include <coqmp/monitor_audit.hpp>
#include <coqmp/monitor_client.hpp>
#include <coqmp/monitor_policy.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace coqmp {

/// How a monitor_proxy behaves. The hooks are called on the proxy's executor, in the middle of its work. A hook may use the proxy,
/// and may close or destroy it. It must not run the execution context. An exception that a hook throws leaves the function that
/// runs the execution context, such as `io_context::run()`, as one from a handler does; the proxy goes on when that function is
/// called again. A client is disconnected if #policy_for or #on_connected throws for it.
/// @see examples/monitor_proxy.cpp
struct monitor_proxy_options
{
    monitor_proxy_options() = default;  // not an aggregate, like session_options

    /// Returns the policy of a client. Called when the client connects, and again by monitor_proxy::apply_policies(). If it
    /// returns null, the client is disconnected. Empty: every client has monitor_policy::read_only().
    std::function<std::shared_ptr<monitor_policy const>(monitor_client const&)> policy_for;

    /// Whether clients stay connected when the connection to QEMU ends. Their commands then fail, and when monitor_proxy::use() gives
    /// the proxy another session, they get the event `__org.coqmp_GAP`, whichever events they have chosen. Otherwise they are
    /// disconnected, as by QEMU.
    bool hold = false;

    std::size_t most_clients = 64;  ///< As monitor_server_options::most_clients.

    /// The largest message from a client, in bytes; a larger one is refused, with the error that QEMU has for one over 64 MiB. QEMU
    /// takes 10 us to read each byte, and all clients wait meanwhile: 10 s for a message of 1 MiB.
    std::size_t max_message_size = std::size_t{1} << 20;

    std::size_t event_bytes = std::size_t{1} << 20;  ///< As monitor_server_options::event_bytes.

    /// Called when a client has connected and has a policy. See monitor_server_options::on_connected.
    std::function<void(monitor_client const&)> on_connected;
    /// Called when such a client has left, or was disconnected. See monitor_server_options::on_disconnected.
    std::function<void(monitor_client const&)> on_disconnected;

    /// Called for every well-formed command, except those of the negotiation, when it has been answered, or would have been if
    /// its client had not left, or when it is dropped because its client left while it was queued. Not called once the proxy is
    /// closed.
    std::function<void(monitor_audit const&)> audit;

    /// As monitor_server_options::name.
    std::string name;
    /// As session_options::log.
    std::function<void(log_level, std::string_view)> log;
};

}  // namespace coqmp

#endif
