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

/// The user of the options, or our own. As slow as find_account().
/// @throws boost::system::system_error the user does not exist; what() says which
[[nodiscard]] ::uid_t user_of(launch_options const& options);

/// The user as whom a process runs. @return nothing: it has ended
[[nodiscard]] std::optional<::uid_t> user_of(::pid_t process);

}  // namespace coqmp::detail

#endif
