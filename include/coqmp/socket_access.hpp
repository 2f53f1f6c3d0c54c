// Who may connect to a unix socket.
#ifndef COQMP_SOCKET_ACCESS_HPP
#define COQMP_SOCKET_ACCESS_HPP

#include <sys/types.h>

#include <optional>

namespace coqmp {

/// The permissions of a socket file. They are set before any process can connect.
struct socket_access
{
    socket_access() = default;  // not an aggregate, like session_options
    /// @param permissions a mode
    explicit socket_access(::mode_t permissions) noexcept : mode(permissions) {}

    /// Any process that may write to the file can connect. The umask has no effect on the mode.
    ::mode_t mode = 0600;
    std::optional<::uid_t> owner;  ///< Empty: this process's user. Another one needs the capability CAP_CHOWN.
    std::optional<::gid_t> group;  ///< Empty: this process's group, or that of the directory if it is set-group-ID.

    friend bool operator==(socket_access const&, socket_access const&) = default;
};

}  // namespace coqmp

#endif
