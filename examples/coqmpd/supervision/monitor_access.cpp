#include "supervision/monitor_access.hpp"

#include "daemon/configuration/account_names.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

namespace coqmpd {

namespace {

constexpr ::mode_t may_be_entered = 0711;

std::string failure(char const* what, std::string const& path)
{
    int const error = errno;
    return std::string("cannot ") + what + ' ' + path + ": " + std::generic_category().message(error);
}

}  // namespace

std::optional<::uid_t> user_number(std::string const& user)
{
    ::uid_t number = 0;
    char const* const end = user.data() + user.size();
    auto const read = std::from_chars(user.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end)
        return number;
    return coqmp_daemon::find_user(user);
}

std::string open_monitor_to(::uid_t user, std::string const& state, std::string const& machine)
{
    std::string const directory = state + '/' + machine;
    for (std::string const& each : {state, directory})
        if (::chmod(each.c_str(), may_be_entered) != 0)
            return failure("change the mode of", each);
    std::string const socket = directory + "/monitor";
    if (::lchown(socket.c_str(), user, static_cast<::gid_t>(-1)) != 0)
        return failure("change the owner of", socket);
    return {};
}

}  // namespace coqmpd
