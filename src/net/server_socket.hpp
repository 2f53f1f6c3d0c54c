// What a listener listens on: a private unix socket or a TCP port.
// Invariant: no socket of a live owner is ever unlinked, neither before we bind nor after.
#ifndef COQMP_SRC_NET_SERVER_SOCKET_HPP
#define COQMP_SRC_NET_SERVER_SOCKET_HPP

#include "detail/unique_fd.hpp"
#include "net/socket_file.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/socket_access.hpp>

#include <optional>

namespace coqmp::detail {

/// A listening socket, close-on-exec and non-blocking, and what there is to know of it.
class server_socket
{
public:
    /// Binds and listens. A name is resolved right here. @throws what listener's constructor throws
    /// @param access of a unix socket
    explicit server_socket(endpoint const& address, socket_access const& access = {});
    server_socket(server_socket const&) = delete;
    server_socket& operator=(server_socket const&) = delete;

    /// Gives the descriptor away.
    [[nodiscard]] int release() noexcept { return socket_.release(); }

    /// With the port that the kernel chose.
    [[nodiscard]] endpoint const& local() const noexcept { return local_; }

    /// Unlinks the file, if there is one. Call this while the socket is open.
    void remove_file() noexcept;

private:
    void listen_on_path(socket_access const& access);
    void set_access(socket_access const& access);
    void listen_on_port();

    endpoint local_;
    unique_fd socket_;
    std::optional<socket_file> file_;
};

}  // namespace coqmp::detail

#endif
