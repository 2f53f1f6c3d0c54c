#include "daemon/service_notification.hpp"

#include "daemon/printable_text.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <system_error>

namespace coqmp_daemon {

namespace {

constexpr std::size_t longest_status = 1000;
constexpr ::timeval patience{1, 0};

boost::system::error_code kernel_error(int number)
{
    return {number, boost::system::system_category()};
}

std::string take_variable(char const* name)
{
    // NOLINTBEGIN(concurrency-mt-unsafe): before there is a second thread
    char const* const value = std::getenv(name);
    std::string result = value != nullptr ? value : "";
    ::unsetenv(name);
    // NOLINTEND(concurrency-mt-unsafe)
    return result;
}

/// @return nothing: it is not a number
std::optional<std::uint64_t> number_in(std::string_view text)
{
    std::uint64_t result = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    bool const is_number = error == std::errc() && end == text.data() + text.size();
    return is_number ? std::optional(result) : std::nullopt;
}

std::optional<std::chrono::microseconds> interval_of(service_environment const& environment)
{
    // The variables may have been meant for a parent process.
    if (!environment.watchdog_pid.empty() && number_in(environment.watchdog_pid) != static_cast<std::uint64_t>(::getpid()))
        return std::nullopt;
    auto const allowed = number_in(environment.watchdog_usec);
    // Half of it, as sd_watchdog_enabled(3) recommends.
    return allowed && *allowed / 2 > 0 ? std::optional(std::chrono::microseconds(*allowed / 2)) : std::nullopt;
}

/// The clock that systemd compares with.
std::int64_t monotonic_microseconds()
{
    ::timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

void attach(::msghdr& datagram, std::span<char> room, int descriptor)
{
    datagram.msg_control = room.data();
    datagram.msg_controllen = room.size();
    ::cmsghdr* const header = CMSG_FIRSTHDR(&datagram);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
}

}  // namespace

service_environment service_environment::take()
{
    service_environment result;
    result.notify_socket = take_variable("NOTIFY_SOCKET");
    result.watchdog_usec = take_variable("WATCHDOG_USEC");
    result.watchdog_pid = take_variable("WATCHDOG_PID");
    return result;
}

service_notification::service_notification(service_environment const& environment)
    : address_(environment.notify_socket), socket_(-1), watchdog_interval_(interval_of(environment))
{
    if (address_.empty())
        return;
    socket_ = coqmp::descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket_.number() < 0)
        failure_ = kernel_error(errno);
    else if (address_.front() != '/' && address_.front() != '@')  // such as vsock:, for a service manager outside of a guest
        failure_ = kernel_error(EAFNOSUPPORT);
    else if (address_.size() >= sizeof(::sockaddr_un::sun_path))
        failure_ = kernel_error(ENAMETOOLONG);
    else
        ::setsockopt(socket_.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

boost::system::error_code service_notification::ready()
{
    return send("READY=1", urgency::now);
}

boost::system::error_code service_notification::status(std::string_view text)
{
    // On one line: the next would be a message of its own.
    return send("STATUS=" + printable(text, longest_status), urgency::may_be_lost);
}

boost::system::error_code service_notification::reloading()
{
    return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()), urgency::now);
}

boost::system::error_code service_notification::stopping()
{
    return send("STOPPING=1", urgency::now);
}

boost::system::error_code service_notification::keep_alive()
{
    return send("WATCHDOG=1", urgency::may_be_lost);
}

boost::system::error_code service_notification::extend_timeout(std::chrono::microseconds more)
{
    return send("EXTEND_TIMEOUT_USEC=" + std::to_string(more.count()), urgency::now);
}

boost::system::error_code service_notification::keep_descriptor(std::string const& name, coqmp::descriptor const& which)
{
    return send("FDSTORE=1\nFDPOLL=0\nFDNAME=" + name, urgency::may_be_lost, which.number());
}

boost::system::error_code service_notification::drop_descriptor(std::string const& name)
{
    return send("FDSTOREREMOVE=1\nFDNAME=" + name, urgency::may_be_lost);
}

boost::system::error_code service_notification::send(std::string_view message, urgency how, int descriptor)
{
    if (address_.empty() || failure_)
        return failure_;
    ::sockaddr_un target = {};
    target.sun_family = AF_UNIX;
    std::copy(address_.begin(), address_.end(), target.sun_path);
    if (address_.front() == '@')  // the abstract namespace, whose names begin with a zero byte and have their own length
        target.sun_path[0] = '\0';
    bool const is_abstract = address_.front() == '@';
    auto const size = static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + address_.size() + (is_abstract ? 0 : 1));
    int const flags = MSG_NOSIGNAL | (how == urgency::may_be_lost ? MSG_DONTWAIT : 0);
    ::iovec text{const_cast<char*>(message.data()), message.size()};  // NOLINT(cppcoreguidelines-pro-type-const-cast): only read
    ::msghdr datagram{};
    datagram.msg_name = &target;
    datagram.msg_namelen = size;
    datagram.msg_iov = &text;
    datagram.msg_iovlen = 1;
    alignas(::cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> attached{};
    if (descriptor >= 0)
        attach(datagram, attached, descriptor);
    for (;;) {
        ssize_t const sent = ::sendmsg(socket_.number(), &datagram, flags);
        if (sent >= 0)
            return {};
        if (errno != EINTR)
            return kernel_error(errno);
    }
}

}  // namespace coqmp_daemon
