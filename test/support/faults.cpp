#include "support/faults.hpp"

#include <dlfcn.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <ostream>

namespace coqmp::test {

namespace {

thread_local fault* armed = nullptr;

/// libc's own, behind ours.
template <class Function>
Function* next(char const* name)
{
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Whether this call fails, with errno set.
bool fails(system_call which)
{
    int const error = fault::strikes(which);
    if (error <= 0)
        return false;
    errno = error;
    return true;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, system_call which)
{
    constexpr std::array names = {"accept4", "bind",         "connect", "epoll_ctl", "listen", "pidfd_open",
                                  "pipe2",   "posix_spawnp", "recv",    "sendmsg",   "socket", "socketpair"};
    return out << names.at(static_cast<std::size_t>(which));
}

fault::fault(system_call which, int nth, int error, int times)
    : which_(which), left_(nth), error_(error), times_(times), outer_(armed)
{
    armed = this;
}

fault::~fault()
{
    armed = outer_;
}

int fault::strikes(system_call which) noexcept
{
    if (armed == nullptr || armed->which_ != which || armed->struck_ == armed->times_)
        return -1;
    if (armed->left_ > 0) {
        --armed->left_;
        return -1;
    }
    ++armed->struck_;
    return armed->error_;
}

}  // namespace coqmp::test

using coqmp::test::fails;
using coqmp::test::fault;
using coqmp::test::next;
using coqmp::test::system_call;

extern "C" {

int socket(int domain, int type, int protocol) noexcept
{
    static auto* const real = next<int(int, int, int)>("socket");
    return fails(system_call::socket) ? -1 : real(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int* ends) noexcept
{
    static auto* const real = next<int(int, int, int, int*)>("socketpair");
    return fails(system_call::socketpair) ? -1 : real(domain, type, protocol, ends);
}

int bind(int number, ::sockaddr const* address, ::socklen_t size) noexcept
{
    static auto* const real = next<int(int, ::sockaddr const*, ::socklen_t)>("bind");
    return fails(system_call::bind) ? -1 : real(number, address, size);
}

int listen(int number, int backlog) noexcept
{
    static auto* const real = next<int(int, int)>("listen");
    return fails(system_call::listen) ? -1 : real(number, backlog);
}

int connect(int number, ::sockaddr const* address, ::socklen_t size)
{
    static auto* const real = next<int(int, ::sockaddr const*, ::socklen_t)>("connect");
    return fails(system_call::connect) ? -1 : real(number, address, size);
}

int accept4(int number, ::sockaddr* address, ::socklen_t* size, int flags)
{
    static auto* const real = next<int(int, ::sockaddr*, ::socklen_t*, int)>("accept4");
    if (!fails(system_call::accept4))
        return real(number, address, size, flags);
    // A connection that failed is no longer in the queue; one that had no descriptor left for it is.
    int const error = errno;
    if (error == ECONNABORTED || error == EPROTO)
        if (int const lost = real(number, address, size, flags); lost >= 0)
            ::close(lost);
    errno = error;
    return -1;
}

::ssize_t sendmsg(int number, ::msghdr const* message, int flags)
{
    static auto* const real = next<::ssize_t(int, ::msghdr const*, int)>("sendmsg");
    int const error = fault::strikes(system_call::sendmsg);
    if (error > 0) {
        errno = error;
        return -1;
    }
    if (error < 0)
        return real(number, message, flags);
    ::iovec part{message->msg_iov->iov_base, std::min(message->msg_iov->iov_len, std::size_t{1})};
    ::msghdr shorter = *message;
    shorter.msg_iov = &part;
    shorter.msg_iovlen = 1;
    return real(number, &shorter, flags);
}

::ssize_t recv(int number, void* buffer, std::size_t size, int flags)
{
    static auto* const real = next<::ssize_t(int, void*, std::size_t, int)>("recv");
    int const error = fault::strikes(system_call::recv);
    if (error > 0) {
        errno = error;
        return -1;
    }
    return real(number, buffer, error < 0 ? size : std::min(size, std::size_t{1}), flags);
}

int epoll_ctl(int number, int operation, int target, ::epoll_event* event) noexcept
{
    static auto* const real = next<int(int, int, int, ::epoll_event*)>("epoll_ctl");
    // The kernel can refuse to watch one more, but not to forget one.
    bool const refused = operation == EPOLL_CTL_ADD && fails(system_call::epoll_ctl);
    return refused ? -1 : real(number, operation, target, event);
}

int pipe2(int* ends, int flags) noexcept
{
    static auto* const real = next<int(int*, int)>("pipe2");
    return fails(system_call::pipe2) ? -1 : real(ends, flags);
}

int posix_spawnp(::pid_t* child, char const* program, ::posix_spawn_file_actions_t const* actions,
                 ::posix_spawnattr_t const* attributes, char* const* arguments, char* const* environment)
{
    static auto* const real = next<int(::pid_t*, char const*, ::posix_spawn_file_actions_t const*, ::posix_spawnattr_t const*,
                                       char* const*, char* const*)>("posix_spawnp");
    int const error = fault::strikes(system_call::posix_spawnp);
    return error > 0 ? error : real(child, program, actions, attributes, arguments, environment);
}

long syscall(long number, ...) noexcept
{
    static auto* const real = next<long(long, long, long, long, long, long, long)>("syscall");
    std::va_list list;
    va_start(list, number);
    std::array<long, 6> words{};
    for (long& word : words)
        word = va_arg(list, long);
    va_end(list);
    if (number == SYS_pidfd_open && fails(system_call::pidfd_open))
        return -1;
    return real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

}  // extern "C"
