#include "supervisor/monitor_access.hpp"

#include "detail/explained_error.hpp"

#include <boost/system/error_code.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace coqmp::detail {

namespace {

constexpr ::mode_t may_be_entered = 0711;

[[noreturn]] void refuse_access(std::string const& what)
{
    boost::system::error_code const code(errno, boost::system::system_category());
    throw explained_error(code, "cannot " + what + ": " + code.message());
}

}  // namespace

// QEMU connects as its own user, so that user must be able to enter the directories and to write to the socket. This gives away
// nothing else:
// - Both directories stay ours, and only we may write to them. So no other user can put a file or a symbolic link in the place of
//   the socket, neither before the change of its owner nor later.
// - Others may enter the directories, but not list them, and all other files there have the mode 0600.
// - The socket keeps the mode 0600: of other users, only this one can connect. A process of this user that is not the QEMU that we
//   have started or recorded is refused by its process id (SO_PEERCRED), except before a QEMU with `-daemonize` has connected.
//   Such a process can only disturb machines of its own user, which it could just as well kill.
void open_monitor_to(::uid_t user, std::string const& directory, std::string const& socket)
{
    std::filesystem::path const place(directory);
    if (user != ::geteuid())
        for (std::string const& each : {place.parent_path().native(), place.native()})
            if (::chmod(each.c_str(), may_be_entered) != 0)
                refuse_access("change the mode of " + each);
    if (::lchown(socket.c_str(), user, static_cast<::gid_t>(-1)) != 0)
        refuse_access("give " + socket + " to the user with the number " + std::to_string(user));
}

}  // namespace coqmp::detail
