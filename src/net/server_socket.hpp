// What a listener listens on: a private unix socket or a TCP port.
// Invariant: no socket of a live owner is ever unlinked, neither before we bind nor after.
#ifndef COQMP_SRC_NET_SERVER_SOCKET_HPP
#define COQMP_SRC_NET_SERVER_SOCKET_HPP

#include <coqmp/endpoint.hpp>

#include <sys/types.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>

namespace coqmp::detail {

/// A descriptor with one owner, which can give it away.
class unique_fd
{
public:
    explicit unique_fd(int number = -1) noexcept : number_(number) {}
    unique_fd(unique_fd&& other) noexcept : number_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~unique_fd();

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_;
};

/// The file of a unix socket that we have bound.
class socket_file
{
public:
    /// @param path of the socket that was bound just now
    explicit socket_file(std::string const& path);

    /// Unlinks it, once, if it is still ours. Safe from any thread. Call this while the socket is open.
    void remove() noexcept;

private:
    std::string path_;  // absolute: the working directory may change
    ::dev_t device_ = 0;
    ::ino_t inode_ = 0;
    std::atomic<bool> removed_ = false;
};

/// A listening socket, close-on-exec and non-blocking, and what there is to know of it.
class server_socket
{
public:
    /// Binds and listens. A name is resolved right here. @throws what listener's constructor throws
    explicit server_socket(endpoint const& where);
    server_socket(server_socket const&) = delete;
    server_socket& operator=(server_socket const&) = delete;

    /// Gives the descriptor away.
    [[nodiscard]] int release() noexcept { return socket_.release(); }

    /// With the port that the kernel chose.
    [[nodiscard]] endpoint const& local() const noexcept { return local_; }

    /// Unlinks the file, if there is one. Call this while the socket is open.
    void remove_file() noexcept;

private:
    void listen_on_path();
    void listen_on_port();

    endpoint local_;
    unique_fd socket_;
    std::optional<socket_file> file_;
};

/// The process at the other end of a unix socket.
struct peer_credentials
{
    ::pid_t process = 0;
    ::uid_t user = 0;
};

/// Nothing if the socket cannot identify its peer (TCP).
[[nodiscard]] std::optional<peer_credentials> peer_of(int connection) noexcept;

}  // namespace coqmp::detail

#endif
