// A connection that no accept has got yet.
#ifndef COQMP_SRC_LISTENER_INCOMING_CONNECTION_HPP
#define COQMP_SRC_LISTENER_INCOMING_CONNECTION_HPP

#include "detail/unique_fd.hpp"
#include "net/expected_peer.hpp"
#include "net/peer_credentials.hpp"

#include <sys/types.h>

#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace coqmp::detail {

/// A connection, and the process that it comes from.
struct incoming_connection
{
    unique_fd descriptor;
    std::optional<peer_credentials> peer;
    std::vector<::pid_t> lineage;  ///< The peer, its parent, and so on; empty if any process is admitted.
    std::vector<std::shared_ptr<expected_peer>> candidates;  ///< Processes that were being started when it came.
    bool is_identified = false;  ///< Whether these are known. There may have been no memory to find out.
};

/// A list, so that a connection moves from one to another without memory.
using connection_list = std::list<incoming_connection>;

}  // namespace coqmp::detail

#endif
