// A client that has connected to a monitor server.
#ifndef COQMP_MONITOR_CLIENT_HPP
#define COQMP_MONITOR_CLIENT_HPP

#include <coqmp/endpoint.hpp>

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace coqmp {

/// A client of a monitor_server. On a unix socket the kernel says which process it is, as it was when it connected
/// (`SO_PEERCRED`); over TCP nothing is known about it.
/// @see monitor_request::client(), monitor_server_options::on_connected
struct monitor_client
{
    explicit monitor_client(endpoint address) : server(std::move(address)) {}

    std::uint64_t number = 0;      ///< The clients of a server are counted from 1.
    endpoint server;               ///< The address that the client connected to, or at which the server dialed it.
    ::pid_t process = 0;           ///< 0: unknown. After the client has ended, the number may belong to another process.
    std::optional<::uid_t> user;   ///< Empty: unknown.
    std::optional<::gid_t> group;  ///< Empty: unknown.
    std::vector<::gid_t> groups;   ///< The supplementary groups.
};

}  // namespace coqmp

#endif
