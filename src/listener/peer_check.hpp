// Checks the user and the process of a peer before an accept takes its connection.
#ifndef COQMP_SRC_LISTENER_PEER_CHECK_HPP
#define COQMP_SRC_LISTENER_PEER_CHECK_HPP

#include "net/expected_peer.hpp"
#include "net/peer_credentials.hpp"

#include <sys/types.h>

#include <memory>
#include <optional>
#include <vector>

namespace coqmp::detail {

/// The conditions that a peer must meet. A member without a value is not checked.
struct peer_check
{
    std::optional<::uid_t> user;
    std::optional<::pid_t> process;           ///< This process, or one that it started.
    std::shared_ptr<expected_peer> expected;  ///< The same, for a process that we start. None: any process.

    /// Whether only certain processes are admitted.
    [[nodiscard]] bool names_a_process() const noexcept { return process || expected; }

    /// @param lineage the peer, its parent, and so on
    [[nodiscard]] bool accepts(std::optional<peer_credentials> const& peer, std::vector<::pid_t> const& lineage) const;
};

}  // namespace coqmp::detail

#endif
