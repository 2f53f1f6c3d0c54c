#include "net/server_socket.hpp"

#include "net/listen_failure.hpp"

#include <coqmp/error.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace coqmp::detail {

namespace {

constexpr ::mode_t private_mode = S_IRUSR | S_IWUSR;

unique_fd make_socket(int family) noexcept
{
    return unique_fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

using address_list = std::unique_ptr<::addrinfo, decltype(&::freeaddrinfo)>;

address_list resolve(endpoint const& address)
{
    ::addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    ::addrinfo* found = nullptr;
    int const result = ::getaddrinfo(address.host().c_str(), std::to_string(address.port()).c_str(), &hints, &found);
    if (result == EAI_SYSTEM)
        fail_to_listen(address, errno);
    if (result != 0)
        fail_to_listen(address, make_error_code(errc::invalid_endpoint), ::gai_strerror(result));
    return {found, &::freeaddrinfo};
}

/// @return 0 or what the kernel said
int bind_and_listen(int number, ::sockaddr const* address, ::socklen_t size) noexcept
{
    int const on = 1;
    bool const done = ::setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && ::bind(number, address, size) == 0 &&
                      ::listen(number, SOMAXCONN) == 0;
    return done ? 0 : errno;
}

/// Listens on all addresses of IPv6 and IPv4, or of IPv4 only if the host has no IPv6.
/// @return 0 or what the kernel said
int listen_everywhere(unique_fd& socket, std::uint16_t port) noexcept
{
    ::sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(port);
    int const off = 0;
    socket = make_socket(AF_INET6);
    int error = socket.number() < 0 ? errno : 0;
    if (error == 0 && ::setsockopt(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
        error = errno;
    if (error == 0)
        error = bind_and_listen(socket.number(), reinterpret_cast<::sockaddr const*>(&any), sizeof any);
    if (error != EAFNOSUPPORT && error != EADDRNOTAVAIL)
        return error;
    ::sockaddr_in only{};
    only.sin_family = AF_INET;
    only.sin_port = htons(port);
    socket = make_socket(AF_INET);
    return socket.number() < 0 ? errno
                               : bind_and_listen(socket.number(), reinterpret_cast<::sockaddr const*>(&only), sizeof only);
}

endpoint local_address(int number, endpoint const& wanted)
{
    ::sockaddr_storage address{};
    ::socklen_t size = sizeof address;
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    auto* const bound = reinterpret_cast<::sockaddr*>(&address);
    if (::getsockname(number, bound, &size) != 0)
        fail_to_listen(wanted, errno);
    if (int const error =
            ::getnameinfo(bound, size, host.data(), host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV))
        fail_to_listen(wanted, make_error_code(errc::invalid_endpoint), ::gai_strerror(error));
    return endpoint::tcp(host.data(), static_cast<std::uint16_t>(std::stoul(port.data())));
}

}  // namespace

server_socket::server_socket(endpoint const& address, socket_access const& access) : local_(address)
{
    try {
        if (address.is_unix())
            listen_on_path(access);
        else if (address.is_tcp())
            listen_on_port();
        else
            fail_to_listen(address, make_error_code(errc::invalid_endpoint),
                           "a descriptor is connected already; give a path or a port");
    } catch (...) {
        remove_file();
        throw;
    }
}

void server_socket::remove_file() noexcept
{
    if (file_)
        file_->remove();
}

void server_socket::listen_on_path(socket_access const& access)
{
    socket_ = make_socket(AF_UNIX);
    // Linux gives the file the mode of the socket: it is private from its first moment.
    if (socket_.number() < 0 || ::fchmod(socket_.number(), private_mode) != 0)
        fail_to_listen(local_, errno);
    ::sockaddr_un const address = socket_address(local_.path());
    auto const bind = [&] { return ::bind(socket_.number(), reinterpret_cast<::sockaddr const*>(&address), sizeof address); };
    // Retries for each stale file that other programs leave there in the meantime.
    int bound = bind();
    for (int attempts = 0; bound != 0 && errno == EADDRINUSE && attempts < 16; ++attempts) {
        remove_stale_file(local_);
        bound = bind();
    }
    if (bound != 0)
        fail_to_listen(local_, errno);
    file_.emplace(local_.path());
    set_access(access);
    if (::listen(socket_.number(), SOMAXCONN) != 0)
        fail_to_listen(local_, errno);
}

// Called before listen(), so that no one can connect in between. (The umask would narrow a mode that is set before bind().)
void server_socket::set_access(socket_access const& access)
{
    char const* const path = local_.path().c_str();
    ::uid_t const owner = access.owner.value_or(static_cast<::uid_t>(-1));
    ::gid_t const group = access.group.value_or(static_cast<::gid_t>(-1));
    bool const changes_owner = access.owner || access.group;
    bool const changes_mode = access.mode != private_mode;
    if ((changes_owner && ::lchown(path, owner, group) != 0) || (changes_mode && ::chmod(path, access.mode) != 0))
        fail_to_listen(local_, errno);
}

void server_socket::listen_on_port()
{
    if (local_.host() == "*") {
        if (int const refusal = listen_everywhere(socket_, local_.port()))
            fail_to_listen(local_, refusal);
        local_ = endpoint::tcp("*", local_address(socket_.number(), local_).port());
        return;
    }
    address_list const addresses = resolve(local_);
    int error = EADDRNOTAVAIL;
    for (::addrinfo const* address = addresses.get(); address != nullptr; address = address->ai_next) {
        unique_fd socket = make_socket(address->ai_family);
        error = socket.number() < 0 ? errno : bind_and_listen(socket.number(), address->ai_addr, address->ai_addrlen);
        if (error == 0) {
            local_ = local_address(socket.number(), local_);
            socket_ = std::move(socket);
            return;
        }
    }
    fail_to_listen(local_, error);
}

}  // namespace coqmp::detail
