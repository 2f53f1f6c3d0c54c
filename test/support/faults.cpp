#include "support/faults.hpp"

#include <dlfcn.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <mutex>
#include <ostream>
#include <vector>

namespace coqmp::test {

namespace {

thread_local fault* armed = nullptr;
std::atomic<fault*> armed_everywhere = nullptr;

std::mutex watching;
std::vector<call_watch const*>& watches()
{
    static std::vector<call_watch const*> all;
    return all;
}

/// libc's own function, which ours hides.
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
    constexpr std::array names = {"accept4",           "bind",  "clone", "connect", "epoll_ctl", "listen",    "pidfd_open",
                                  "pidfd_send_signal", "pipe2", "recv",  "sendmsg", "socket",    "socketpair"};
    return out << names.at(static_cast<std::size_t>(which));
}

fault::fault(system_call which, int nth, int error, int times, reach whose)
    : which_(which), left_(nth), error_(error), times_(times), whose_(whose)
{
    if (whose_ == reach::every_thread) {
        outer_ = armed_everywhere.exchange(this);
    } else {
        outer_ = armed;
        armed = this;
    }
}

fault::~fault()
{
    if (whose_ == reach::every_thread)
        armed_everywhere = outer_;
    else
        armed = outer_;
}

int fault::strikes(system_call which) noexcept
{
    call_watch::notify(which, call_watch::moment::before);
    for (fault* const each : {armed, armed_everywhere.load()})
        if (int const error = each != nullptr ? each->strike(which) : -1; error >= 0)
            return error;
    return -1;
}

int fault::strike(system_call which) noexcept
{
    if (which_ != which)
        return -1;
    int const left = left_--;
    return left <= 0 && left > -times_ ? error_ : -1;
}

call_watch::call_watch(system_call which, std::function<void()> called, moment when)
    : which_(which), when_(when), called_(std::move(called))
{
    std::scoped_lock const lock(watching);
    watches().push_back(this);
}

call_watch::~call_watch()
{
    std::scoped_lock const lock(watching);
    std::erase(watches(), this);
}

void call_watch::notify(system_call which, moment when)
{
    std::vector<std::function<void()>> called;  // called without the lock, because they may wait for other calls
    {
        std::scoped_lock const lock(watching);
        for (call_watch const* each : watches())
            if (each->which_ == which && each->when_ == when)
                called.push_back(each->called_);
    }
    for (auto const& each : called)
        each();
}

}  // namespace coqmp::test

using coqmp::test::call_watch;
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
    // A failed connection is no longer in the queue, but one for which there was no descriptor still is.
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
    // The kernel can fail to add a descriptor, but not to remove one.
    bool const refused = operation == EPOLL_CTL_ADD && fails(system_call::epoll_ctl);
    return refused ? -1 : real(number, operation, target, event);
}

int pipe2(int* ends, int flags) noexcept
{
    static auto* const real = next<int(int*, int)>("pipe2");
    return fails(system_call::pipe2) ? -1 : real(ends, flags);
}

int clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept
{
    static auto* const real = next<int(int (*)(void*), void*, int, void*, int*)>("clone");
    std::va_list list;
    va_start(list, argument);
    int* const pidfd = va_arg(list, int*);
    va_end(list);
    if (fails(system_call::clone))
        return -1;
    int const result = real(function, stack, flags, argument, pidfd);
    call_watch::notify(system_call::clone, call_watch::moment::after);
    return result;
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
    if (number == SYS_pidfd_send_signal && fails(system_call::pidfd_send_signal))
        return -1;
    return real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

}  // extern "C"
