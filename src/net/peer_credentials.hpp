// Which process is at the other end of a unix socket, and which processes started that one.
#ifndef COQMP_SRC_NET_PEER_CREDENTIALS_HPP
#define COQMP_SRC_NET_PEER_CREDENTIALS_HPP

#include "detail/unique_fd.hpp"

#include <sys/types.h>

#include <optional>
#include <vector>

namespace coqmp::detail {

/// The process at the other end of a unix socket.
struct peer_credentials
{
    ::pid_t process = 0;
    ::uid_t user = 0;
    ::gid_t group = 0;
};

/// Nothing if the socket cannot identify its peer (TCP).
[[nodiscard]] std::optional<peer_credentials> peer_of(int connection) noexcept;

/// The supplementary groups of that process. @return empty: there are none, or they cannot be found out (TCP)
[[nodiscard]] std::vector<::gid_t> groups_of_peer(int connection);

/// A pidfd of the process at the other end: the kernel's own (`SO_PEERPIDFD`, Linux 6.5), or else one by its number, which is only
/// trusted as long as the connection has not been closed at the other end. @return empty: there is none, or it cannot be trusted
[[nodiscard]] unique_fd pidfd_of_peer(int connection) noexcept;

/// A process, its parent, the parent's parent, and so on.
[[nodiscard]] std::vector<::pid_t> lineage_of(::pid_t process);

}  // namespace coqmp::detail

#endif
