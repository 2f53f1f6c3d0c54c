// What a configuration file says about the clients of a socket.
#ifndef COQMP_DAEMON_ACCESS_ACCESS_SETTINGS_HPP
#define COQMP_DAEMON_ACCESS_ACCESS_SETTINGS_HPP

#include "daemon/configuration/setting.hpp"

#include <coqmp/socket_access.hpp>

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coqmp_daemon {

/// The policy that every socket has at first.
inline constexpr char const* default_policy = "read-only";
/// In place of a policy: the client is disconnected.
inline constexpr char const* no_policy = "none";

/// `[policy.NAME]`
struct policy_settings
{
    located<std::string> extends;  ///< Empty: it allows nothing but what it names.
    std::vector<located<std::string>> allow;
};

/// By their names.
using policy_map = std::map<std::string, located<policy_settings>>;

/// An entry of `users` or `groups`: an account, and the policy of its processes.
struct account_policy
{
    ::id_t id = 0;
    located<std::string> policy;
};

/// Who may connect to a socket, and what its clients may do.
struct access_settings
{
    located<std::string> policy{default_policy, {}};
    located<std::optional<::mode_t>> mode;
    located<std::optional<::uid_t>> owner;
    located<std::optional<::gid_t>> group;
    std::vector<account_policy> users;   ///< In the order of the file.
    std::vector<account_policy> groups;  ///< In the order of the file.

    [[nodiscard]] coqmp::socket_access access() const;
};

}  // namespace coqmp_daemon

#endif
