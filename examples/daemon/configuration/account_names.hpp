// Names and numbers of the host's users and groups.
#ifndef COQMP_DAEMON_CONFIGURATION_ACCOUNT_NAMES_HPP
#define COQMP_DAEMON_CONFIGURATION_ACCOUNT_NAMES_HPP

#include <sys/types.h>

#include <optional>
#include <string>

namespace coqmp_daemon {

/// @return nothing: the host does not know the name, or its directory service did not answer
[[nodiscard]] std::optional<::uid_t> find_user(std::string const& name);
[[nodiscard]] std::optional<::gid_t> find_group(std::string const& name);
/// The group that the host gives to a user. @param user a name or a number
[[nodiscard]] std::optional<::gid_t> find_group_of(std::string const& user);

/// A user for a sentence: `alice (1000)`, or `1000` if the host knows no name.
[[nodiscard]] std::string describe_user(::uid_t user);

}  // namespace coqmp_daemon

#endif
