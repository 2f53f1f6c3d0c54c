// What a client of a proxy did.
#ifndef COQMP_MONITOR_AUDIT_HPP
#define COQMP_MONITOR_AUDIT_HPP

#include <coqmp/monitor_client.hpp>

#include <chrono>
#include <string_view>

namespace coqmp {

/// A finished command, and the client that sent it. It never holds the values of arguments.
/// @par Lifetime The references are valid during the call of monitor_proxy_options::audit.
struct monitor_audit
{
    monitor_client const& client;
    std::string_view policy;   ///< Its name.
    std::string_view command;  ///< The name that the client has sent, whatever that is.
    bool was_refused = false;  ///< The policy has refused it: QEMU has not seen it.
    bool has_left = false;     ///< The client left before the answer came.
    /// The class of QEMU's error, or of ours if the command was refused or the connection to QEMU was lost; empty on success.
    // g++ warns about `{client, "p", "c"}` without the initializer.
    std::string_view error_class = {};    // NOLINT(readability-redundant-member-init)
    std::chrono::nanoseconds duration{};  ///< From its arrival to its answer, or until it was dropped.
    bool was_dropped = false;             ///< The client left while the command was queued: QEMU has not seen it.
};

}  // namespace coqmp

#endif
