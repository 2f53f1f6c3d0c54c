// Names and numbers of the host's users and groups.
#ifndef COQMP_DAEMON_CONFIGURATION_ACCOUNT_NAMES_HPP
#define COQMP_DAEMON_CONFIGURATION_ACCOUNT_NAMES_HPP

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coqmp_daemon {

// All of these ask the host's directory service, which may take long: not for an event loop.

/// @return nothing: the host does not know the name, or its directory service did not answer
[[nodiscard]] std::optional<::uid_t> find_user(std::string const& name);
[[nodiscard]] std::optional<::gid_t> find_group(std::string const& name);
/// The group that the host gives to a user. @param user a name or a number
[[nodiscard]] std::optional<::gid_t> find_group_of(std::string const& user);

/// While it exists, its thread asks for each user and each group once only: many settings may name the same one.
class remembered_accounts
{
public:
    remembered_accounts();
    remembered_accounts(remembered_accounts const&) = delete;
    remembered_accounts& operator=(remembered_accounts const&) = delete;
    ~remembered_accounts();

private:
    friend std::optional<::uid_t> find_user(std::string const& name);
    friend std::optional<::gid_t> find_group(std::string const& name);

    std::map<std::string, std::optional<::uid_t>> users_;
    std::map<std::string, std::optional<::gid_t>> groups_;
    remembered_accounts* const outer_;
};

/// As whom a process runs.
struct process_account
{
    std::optional<::uid_t> user;
    std::optional<::gid_t> group;
    std::vector<::gid_t> supplementary_groups;
};

/// @param user, group a name or a number each; empty: none. Without a group, it is that of the user
/// @return nothing: the host does not know a name, or the group of the user
[[nodiscard]] std::optional<process_account> find_process_account(std::string const& user, std::string const& group);

/// A user for a sentence: `alice (1000)`, or `1000` if the host knows no name.
[[nodiscard]] std::string describe_user(::uid_t user);

}  // namespace coqmp_daemon

#endif
