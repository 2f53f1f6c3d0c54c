// Which process is at the other end of a unix socket, and which processes started that one.
#ifndef COQMP_SRC_NET_PEER_CREDENTIALS_HPP
#define COQMP_SRC_NET_PEER_CREDENTIALS_HPP

#include <sys/types.h>

#include <optional>
#include <vector>

namespace coqmp::detail {

/// The process at the other end of a unix socket.
struct peer_credentials
{
    ::pid_t process = 0;
    ::uid_t user = 0;
};

/// Nothing if the socket cannot identify its peer (TCP).
[[nodiscard]] std::optional<peer_credentials> peer_of(int connection) noexcept;

/// A process, its parent, the parent's parent, and so on.
[[nodiscard]] std::vector<::pid_t> lineage_of(::pid_t process);

}  // namespace coqmp::detail

#endif
