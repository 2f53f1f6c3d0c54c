#include "net/server_socket.hpp"

#include "detail/explained_error.hpp"

#include <coqmp/error.hpp>

#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

namespace coqmp::detail {

namespace {

using boost::system::error_code;

[[noreturn]] void refuse(endpoint const& where, error_code why, std::string const& advice = {})
{
    throw explained_error(why, "cannot listen on " + where.to_string() + ": " + (advice.empty() ? why.message() : advice));
}

[[noreturn]] void refuse(endpoint const& where, int why)
{
    if (why == EADDRINUSE)
        refuse(where, make_error_code(errc::address_in_use), "someone else is there; choose another address");
    refuse(where, error_code(why, boost::system::system_category()));
}

::sockaddr_un address_of(std::string const& path) noexcept
{
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
    return address;
}

unique_fd make_socket(int family, int type = SOCK_STREAM) noexcept
{
    return unique_fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// The result of connecting to a socket file. The probe is a datagram socket: a live stream socket answers EPROTOTYPE and its
/// owner notices nothing, but would have to accept a stream socket.
int probe(std::string const& path) noexcept
{
    unique_fd const socket = make_socket(AF_UNIX, SOCK_DGRAM);
    ::sockaddr_un const address = address_of(path);
    bool const connected = ::connect(socket.number(), reinterpret_cast<::sockaddr const*>(&address), sizeof address) == 0;
    return connected ? 0 : errno;
}

/// Held while a stale socket file is removed, so that two listeners that find it at the same time cannot remove each other's
/// new socket. The lock is a private file beside the socket: other users can neither hold it nor make a listener wait for it.
class replacement_lock
{
public:
    /// @throws boost::system::system_error if the lock is not free
    explicit replacement_lock(endpoint const& where) : name_(name_for(where.path()))
    {
        for (int attempts = 0; attempts < 16; ++attempts) {
            take(where);
            if (is_still_there())
                return;  // otherwise its last holder has removed it, and other listeners lock a new one
        }
        refuse_as_busy(where);
    }
    replacement_lock(replacement_lock const&) = delete;
    replacement_lock& operator=(replacement_lock const&) = delete;
    ~replacement_lock() { ::unlink(name_.c_str()); }  // Closing the file unlocks it.

private:
    static std::string name_for(std::filesystem::path const& path)
    {
        return path.parent_path() / ("." + path.filename().string() + ".coqmp-lock");
    }

    void take(endpoint const& where)
    {
        constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        file_ = unique_fd(::open(name_.c_str(), flags, S_IRUSR | S_IWUSR));
        int const error = errno;
        bool const denied = error == ELOOP || error == EACCES || error == EISDIR;
        struct ::stat found;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
        if (file_.number() < 0 && !(denied && ::lstat(name_.c_str(), &found) == 0))
            refuse(where, error);
        if (!is_private())
            refuse(where, make_error_code(errc::address_in_use),
                   "a stale socket is there, and \"" + name_ +
                       "\", which guards its replacement, is not a private file of this user; remove both");
        if (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0)
            refuse_as_busy(where);
    }

    [[nodiscard]] bool is_private() const noexcept
    {
        struct ::stat found;  // NOLINT(cppcoreguidelines-pro-type-member-init): fstat() fills it
        return ::fstat(file_.number(), &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == ::geteuid() &&
               (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    }

    [[nodiscard]] bool is_still_there() const noexcept
    {
        struct ::stat held;   // NOLINT(cppcoreguidelines-pro-type-member-init): fstat() fills it
        struct ::stat named;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
        return ::fstat(file_.number(), &held) == 0 && ::lstat(name_.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
               held.st_ino == named.st_ino;
    }

    [[noreturn]] static void refuse_as_busy(endpoint const& where)
    {
        refuse(where, make_error_code(errc::address_in_use), "another program is replacing a stale socket there; try again");
    }

    std::string name_;
    unique_fd file_;
};

/// Whether the owner of this socket has ended. Rejects a live owner's socket, and a file that is not a socket.
bool is_stale(endpoint const& where)
{
    struct ::stat found;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
    if (::lstat(where.path().c_str(), &found) != 0)
        return false;  // nothing is there, or bind() reports what is wrong
    if (!S_ISSOCK(found.st_mode))
        refuse(where, make_error_code(errc::address_in_use), "what is there is not a socket; remove it or choose another path");
    switch (int const answer = probe(where.path())) {
        case ENOENT:
            return false;
        case ECONNREFUSED:
            return true;
        case 0:
        case EPROTOTYPE:
            refuse(where, make_error_code(errc::address_in_use), "someone is listening there; choose another path");
        default:
            refuse(where, make_error_code(errc::address_in_use),
                   "there is a socket, and whether its owner lives cannot be told (" +
                       error_code(answer, boost::system::system_category()).message() + "); choose another path");
    }
}

/// Removes a stale socket file. Examines it again under the lock, because a stale file may have been replaced since. (A file
/// that is stale under the lock stays stale, because it cannot be bound again.)
void remove_stale(endpoint const& where)
{
    if (!is_stale(where))
        return;
    replacement_lock const lock(where);
    if (is_stale(where) && ::unlink(where.path().c_str()) != 0 && errno != ENOENT)
        refuse(where, errno);
}

using address_list = std::unique_ptr<::addrinfo, decltype(&::freeaddrinfo)>;

address_list resolve(endpoint const& where)
{
    ::addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    ::addrinfo* found = nullptr;
    int const result = ::getaddrinfo(where.host().c_str(), std::to_string(where.port()).c_str(), &hints, &found);
    if (result == EAI_SYSTEM)
        refuse(where, errno);
    if (result != 0)
        refuse(where, make_error_code(errc::invalid_endpoint), ::gai_strerror(result));
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
        refuse(wanted, errno);
    if (int const error =
            ::getnameinfo(bound, size, host.data(), host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV))
        refuse(wanted, make_error_code(errc::invalid_endpoint), ::gai_strerror(error));
    return endpoint::tcp(host.data(), static_cast<std::uint16_t>(std::stoul(port.data())));
}

}  // namespace

unique_fd::~unique_fd()
{
    if (number_ >= 0)
        ::close(number_);
}

socket_file::socket_file(std::string const& path) : path_(std::filesystem::absolute(path).string())
{
    struct ::stat bound;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
    if (::lstat(path_.c_str(), &bound) == 0) {
        device_ = bound.st_dev;
        inode_ = bound.st_ino;
    }
}

void socket_file::remove() noexcept
{
    if (removed_.exchange(true))
        return;
    // Needs no lock: the owner still holds the socket, so no listener finds the file stale and replaces it, and no other file
    // gets its inode.
    struct ::stat found;  // NOLINT(cppcoreguidelines-pro-type-member-init): lstat() fills it
    if (::lstat(path_.c_str(), &found) == 0 && S_ISSOCK(found.st_mode) && found.st_dev == device_ && found.st_ino == inode_)
        ::unlink(path_.c_str());
}

server_socket::server_socket(endpoint const& where) : local_(where)
{
    try {
        if (where.is_unix())
            listen_on_path();
        else if (where.is_tcp())
            listen_on_port();
        else
            refuse(where, make_error_code(errc::invalid_endpoint), "a descriptor is connected already; give a path or a port");
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

void server_socket::listen_on_path()
{
    socket_ = make_socket(AF_UNIX);
    // Linux gives the file the mode of the socket: it is private from its first moment.
    if (socket_.number() < 0 || ::fchmod(socket_.number(), S_IRUSR | S_IWUSR) != 0)
        refuse(local_, errno);
    ::sockaddr_un const address = address_of(local_.path());
    auto const bind = [&] { return ::bind(socket_.number(), reinterpret_cast<::sockaddr const*>(&address), sizeof address); };
    // Retries for each stale file that other programs leave there in the meantime.
    int bound = bind();
    for (int attempts = 0; bound != 0 && errno == EADDRINUSE && attempts < 16; ++attempts) {
        remove_stale(local_);
        bound = bind();
    }
    if (bound != 0)
        refuse(local_, errno);
    file_.emplace(local_.path());
    if (::listen(socket_.number(), SOMAXCONN) != 0)
        refuse(local_, errno);
}

void server_socket::listen_on_port()
{
    if (local_.host() == "*") {
        if (int const refusal = listen_everywhere(socket_, local_.port()))
            refuse(local_, refusal);
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
    refuse(local_, error);
}

std::optional<peer_credentials> peer_of(int connection) noexcept
{
    ::ucred peer{};
    ::socklen_t size = sizeof peer;
    int family = 0;
    ::socklen_t family_size = sizeof family;
    if (::getsockopt(connection, SOL_SOCKET, SO_DOMAIN, &family, &family_size) != 0 || family != AF_UNIX ||
        ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return std::nullopt;
    return peer_credentials{peer.pid, peer.uid};
}

}  // namespace coqmp::detail
