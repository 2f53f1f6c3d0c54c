#include "listener/peer_check.hpp"

#include <algorithm>

namespace coqmp::detail {

bool peer_check::accepts(std::optional<peer_credentials> const& peer, std::vector<::pid_t> const& lineage) const
{
    if (user && (!peer || peer->user != *user))
        return false;
    auto const which = expected ? expected->process() : process;
    if (!which)
        return !expected;
    return std::find(lineage.begin(), lineage.end(), *which) != lineage.end();
}

}  // namespace coqmp::detail
