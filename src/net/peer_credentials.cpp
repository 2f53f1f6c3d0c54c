#include "net/peer_credentials.hpp"

#include "detail/pidfd.hpp"
#include "detail/process_status.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace coqmp::detail {

std::optional<peer_credentials> peer_of(int connection) noexcept
{
    ::ucred peer{};
    ::socklen_t size = sizeof peer;
    int family = 0;
    ::socklen_t family_size = sizeof family;
    if (::getsockopt(connection, SOL_SOCKET, SO_DOMAIN, &family, &family_size) != 0 || family != AF_UNIX ||
        ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return std::nullopt;
    return peer_credentials{peer.pid, peer.uid, peer.gid};
}

std::vector<::gid_t> groups_of_peer(int connection)
{
    ::socklen_t size = 0;
    if (::getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, nullptr, &size) == 0 || errno != ERANGE)
        return {};
    std::vector<::gid_t> groups(size / sizeof(::gid_t));
    if (::getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0)
        return {};
    groups.resize(size / sizeof(::gid_t));
    return groups;
}

unique_fd pidfd_of_peer(int connection) noexcept
{
    constexpr int so_peerpidfd = 77;  // not in the headers of Debian 12
    int number = -1;
    ::socklen_t size = sizeof number;
    if (::getsockopt(connection, SOL_SOCKET, so_peerpidfd, &number, &size) == 0)
        return unique_fd(number);
    auto const peer = peer_of(connection);
    unique_fd result(peer ? open_pidfd(peer->process) : -1);
    ::pollfd state{connection, 0, 0};
    bool const is_closed = ::poll(&state, 1, 0) != 0;
    return is_closed ? unique_fd() : std::move(result);
}

std::vector<::pid_t> lineage_of(::pid_t process)
{
    std::vector<::pid_t> line;
    // The bound is for processes that start and end while we look.
    while (process > 0 && line.size() < 1024) {
        line.push_back(process);
        process = status_of(process).parent;
    }
    return line;
}

}  // namespace coqmp::detail
