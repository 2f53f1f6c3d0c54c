// The user and the groups of a process, by number.
#ifndef COQMP_SRC_PROCESS_ACCOUNT_HPP
#define COQMP_SRC_PROCESS_ACCOUNT_HPP

#include <coqmp/launch_options.hpp>

#include <sys/types.h>

#include <optional>
#include <vector>

namespace coqmp::detail {

/// What a process becomes. What is absent stays as it is.
struct account
{
    std::optional<::uid_t> user;
    std::optional<::gid_t> group;
    std::optional<std::vector<::gid_t>> supplementary_groups;
};

/// Looks up the user and the groups of the options in the system's database, which may take long: not for an event loop.
/// @throws std::runtime_error whose text names the user or the group that does not exist
[[nodiscard]] account find_account(launch_options const& options);

}  // namespace coqmp::detail

#endif
