#include "net/peer_credentials.hpp"

#include "detail/process_status.hpp"

#include <sys/socket.h>

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
    return peer_credentials{peer.pid, peer.uid};
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
