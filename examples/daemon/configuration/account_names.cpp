#include "daemon/configuration/account_names.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <system_error>
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

}  // namespace

std::optional<::uid_t> find_user(std::string const& name)
{
    ::passwd entry{};
    std::vector<char> memory;
    return look_up(::getpwnam_r, name.c_str(), entry, memory) ? std::optional(entry.pw_uid) : std::nullopt;
}

std::optional<::gid_t> find_group(std::string const& name)
{
    ::group entry{};
    std::vector<char> memory;
    return look_up(::getgrnam_r, name.c_str(), entry, memory) ? std::optional(entry.gr_gid) : std::nullopt;
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
