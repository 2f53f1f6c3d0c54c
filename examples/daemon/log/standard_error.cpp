#include "daemon/log/standard_error.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>

namespace coqmp_daemon {

namespace {

/// An open file of our own for the same pipe or terminal. @return -1: none
int reopen(int descriptor, ::mode_t mode)
{
    if (!S_ISFIFO(mode) && !S_ISCHR(mode))
        return -1;
    std::string const name = "/proc/self/fd/" + std::to_string(descriptor);
    return ::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

::mode_t mode_of(int descriptor)
{
    struct ::stat facts = {};
    return ::fstat(descriptor, &facts) == 0 ? facts.st_mode : 0;
}

bool takes_bytes(int descriptor)
{
    ::pollfd waiting{descriptor, POLLOUT, 0};
    return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace

standard_error::standard_error(int descriptor)
    : original_(descriptor), reopened_(reopen(descriptor, mode_of(descriptor))), is_socket_(S_ISSOCK(mode_of(descriptor)))
{}

bool standard_error::write(std::string_view line)
{
    if (ends_in_mid_line_ && write_some("\n") != 1)
        return false;
    ends_in_mid_line_ = false;
    long const count = write_some(line);
    ends_in_mid_line_ = count > 0 && static_cast<std::size_t>(count) < line.size();
    return count == static_cast<long>(line.size());
}

long standard_error::write_some(std::string_view text) const
{
    for (;;) {
        long result = -1;
        if (is_socket_)
            result = ::send(original_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        else if (reopened_.number() >= 0)
            result = ::write(reopened_.number(), text.data(), text.size());
        else if (takes_bytes(original_))
            result = ::write(original_, text.data(), text.size());
        else
            errno = EAGAIN;
        if (result >= 0 || errno != EINTR)
            return result;
    }
}

}  // namespace coqmp_daemon
