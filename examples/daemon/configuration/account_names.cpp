#include "daemon/configuration/account_names.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>
#include <vector>

namespace coqmp_daemon {

namespace {

/// Calls one of the functions such as getpwnam_r, with as much memory as it asks for.
template <class Entry, class Key, class Function>
bool look_up(Function const& function, Key key, Entry& entry, std::vector<char>& memory)
{
    constexpr std::size_t most = 1 << 20;  // a group of a directory service may have thousands of members
    for (std::size_t size = 1024; size <= most; size *= 2) {
        memory.resize(size);
        Entry* found = nullptr;
        int const error = function(key, &entry, memory.data(), memory.size(), &found);
        if (error != ERANGE)
            return error == 0 && found != nullptr;
    }
    return false;
}

thread_local remembered_accounts* remembered = nullptr;

std::optional<::uid_t> ask_for_user(std::string const& name)
{
    ::passwd entry{};
    std::vector<char> memory;
    return look_up(::getpwnam_r, name.c_str(), entry, memory) ? std::optional(entry.pw_uid) : std::nullopt;
}

std::optional<::gid_t> ask_for_group(std::string const& name)
{
    ::group entry{};
    std::vector<char> memory;
    return look_up(::getgrnam_r, name.c_str(), entry, memory) ? std::optional(entry.gr_gid) : std::nullopt;
}

std::optional<unsigned> plain_number(std::string const& text)
{
    unsigned result = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(result) : std::nullopt;
}

std::vector<::gid_t> groups_of(char const* user, ::gid_t group)
{
    std::vector<::gid_t> result(16);
    for (;;) {
        int count = static_cast<int>(result.size());
        bool const is_complete = ::getgrouplist(user, group, result.data(), &count) >= 0;
        result.resize(is_complete ? static_cast<std::size_t>(count) : 2 * result.size());
        if (is_complete)
            return result;
    }
}

/// A name that is a number is looked up as a name first, as the library does.
bool add_user(std::string const& user, process_account& result)
{
    ::passwd entry{};
    std::vector<char> memory;
    auto const number = plain_number(user);
    bool const is_known =
        look_up(::getpwnam_r, user.c_str(), entry, memory) || (number && look_up(::getpwuid_r, *number, entry, memory));
    if (is_known) {
        result.user = entry.pw_uid;
        result.group = entry.pw_gid;
        result.supplementary_groups = groups_of(entry.pw_name, entry.pw_gid);
    } else {
        result.user = number;
    }
    return result.user.has_value();
}

}  // namespace

remembered_accounts::remembered_accounts() : outer_(std::exchange(remembered, this)) {}

remembered_accounts::~remembered_accounts()
{
    remembered = outer_;
}

std::optional<::uid_t> find_user(std::string const& name)
{
    if (remembered == nullptr)
        return ask_for_user(name);
    auto const [entry, is_new] = remembered->users_.try_emplace(name);
    if (is_new)
        entry->second = ask_for_user(name);
    return entry->second;
}

std::optional<::gid_t> find_group(std::string const& name)
{
    if (remembered == nullptr)
        return ask_for_group(name);
    auto const [entry, is_new] = remembered->groups_.try_emplace(name);
    if (is_new)
        entry->second = ask_for_group(name);
    return entry->second;
}

std::optional<process_account> find_process_account(std::string const& user, std::string const& group)
{
    process_account result;
    if (!user.empty() && !add_user(user, result))
        return std::nullopt;
    if (!group.empty()) {
        auto const named = find_group(group);
        result.group = named ? named : plain_number(group);
    }
    if (!result.group && !(user.empty() && group.empty()))
        return std::nullopt;
    return result;
}

std::optional<::gid_t> find_group_of(std::string const& user)
{
    ::passwd entry{};
    std::vector<char> memory;
    if (look_up(::getpwnam_r, user.c_str(), entry, memory))
        return entry.pw_gid;
    ::uid_t number = 0;
    char const* const end = user.data() + user.size();
    auto const read = std::from_chars(user.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end || !look_up(::getpwuid_r, number, entry, memory))
        return std::nullopt;
    return entry.pw_gid;
}

std::string describe_user(::uid_t user)
{
    ::passwd entry{};
    std::vector<char> memory;
    std::string const number = std::to_string(user);
    return look_up(::getpwuid_r, user, entry, memory) ? std::string(entry.pw_name) + " (" + number + ')' : number;
}

}  // namespace coqmp_daemon
