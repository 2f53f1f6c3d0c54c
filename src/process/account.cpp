#include "process/account.hpp"

#include "detail/explained_error.hpp"
#include "process/step_failed.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

namespace coqmp::detail {

namespace {

/// Calls a function like getpwnam_r() with a buffer that is large enough.
/// @return whether there is such an entry
template <class Entry, class Lookup>
bool look_up(Entry& entry, std::vector<char>& buffer, Lookup lookup)
{
    Entry* found = nullptr;
    int error = 0;
    buffer.resize(1024);
    while ((error = lookup(&entry, buffer.data(), buffer.size(), &found)) == ERANGE)
        buffer.resize(2 * buffer.size());
    // "Not found" is reported in many ways; see the manual of getpwnam.
    if (error != 0 && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM)
        throw step_failed("reading the database of users and groups", error);
    return found != nullptr;
}

/// The number that a text is, if it is one. The largest one means "no change" to the kernel.
std::optional<unsigned> number_of(std::string const& text)
{
    unsigned value = 0;
    char const* const end = text.data() + text.size();
    auto const result = std::from_chars(text.data(), end, value);
    if (result.ec != std::errc{} || result.ptr != end || value == std::numeric_limits<unsigned>::max())
        return std::nullopt;
    return value;
}

/// The number that `+NUMBER` means, whatever the database says.
std::optional<unsigned> exact_number_of(std::string const& text)
{
    return text.starts_with('+') ? number_of(text.substr(1)) : std::nullopt;
}

[[noreturn]] void throw_unknown(char const* kind, std::string const& name)
{
    throw std::runtime_error(std::string("there is no ") + kind + " \"" + name + '"');
}

::gid_t find_group(std::string const& name)
{
    if (auto const exact = exact_number_of(name))
        return *exact;
    ::group entry{};
    std::vector<char> buffer;
    auto const by_name = [&name](auto... rest) { return ::getgrnam_r(name.c_str(), rest...); };
    if (look_up(entry, buffer, by_name))
        return entry.gr_gid;
    if (auto const number = number_of(name))
        return *number;
    throw_unknown("group", name);
}

std::vector<::gid_t> groups_of(char const* user, ::gid_t group)
{
    std::vector<::gid_t> result(16);
    for (;;) {
        int size = static_cast<int>(result.size());
        bool const is_complete = ::getgrouplist(user, group, result.data(), &size) >= 0;
        result.resize(is_complete || size > static_cast<int>(result.size()) ? static_cast<std::size_t>(size) : 2 * result.size());
        if (is_complete)
            return result;
    }
}

/// Sets the user, and the groups that this user has in the database.
void take_user(std::string const& name, account& result)
{
    if (auto const exact = exact_number_of(name)) {
        result.user = exact;
        return;
    }
    ::passwd entry{};
    std::vector<char> buffer;
    auto const number = number_of(name);
    bool known = look_up(entry, buffer, [&name](auto... rest) { return ::getpwnam_r(name.c_str(), rest...); });
    if (!known && number)
        known = look_up(entry, buffer, [&number](auto... rest) { return ::getpwuid_r(*number, rest...); });
    if (known) {
        result.user = entry.pw_uid;
        result.group = entry.pw_gid;
        result.supplementary_groups = groups_of(entry.pw_name, entry.pw_gid);
    } else if (number) {
        result.user = number;
    } else {
        throw_unknown("user", name);
    }
}

}  // namespace

account find_account(launch_options const& options)
{
    account result;
    if (!options.user.empty())
        take_user(options.user, result);
    if (!options.group.empty())
        result.group = find_group(options.group);
    if (result.user && !result.group)
        throw std::runtime_error("the user " + options.user + " has no entry in the database of users: name a group as well");
    if (!options.supplementary_groups.empty()) {
        std::vector<::gid_t>& groups = result.supplementary_groups.emplace();
        for (std::string const& name : options.supplementary_groups)
            groups.push_back(find_group(name));
    } else if (result.group && !result.supplementary_groups) {
        result.supplementary_groups.emplace();  // A process must not keep the groups of a more powerful one.
    }
    return result;
}

::uid_t user_of(launch_options const& options)
try {
    return find_account(options).user.value_or(::geteuid());
} catch (std::runtime_error const& unknown) {
    throw explained_error(make_error_code(boost::system::errc::invalid_argument), unknown.what());
}

std::optional<::uid_t> user_of(::pid_t process)
{
    struct ::stat found = {};
    std::string const place = "/proc/" + std::to_string(process);
    return ::stat(place.c_str(), &found) == 0 ? std::optional(found.st_uid) : std::nullopt;
}

}  // namespace coqmp::detail
