#include "testing/stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::testing::detail {

namespace {

constexpr std::size_t most_descriptors = 256;

error_code last_error()
{
    return {errno, boost::system::system_category()};
}

[[noreturn]] void throw_last_error(char const* what)
{
    throw boost::system::system_error(last_error(), what);
}

std::uint16_t port_of(int number)
{
    asio::ip::tcp::endpoint bound;
    auto size = static_cast<::socklen_t>(bound.capacity());
    if (::getsockname(number, bound.data(), &size) != 0)
        throw_last_error("getsockname");
    return bound.port();
}

void take_descriptors(::msghdr& message, std::vector<descriptor>& descriptors)
{
    for (::cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        std::size_t const count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t index = 0; index < count; ++index) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + index * sizeof number, sizeof number);
            descriptors.emplace_back(number);
        }
    }
}

void put_descriptors(::msghdr& message, std::span<char> control, std::span<descriptor const> descriptors)
{
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    ::cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    for (std::size_t index = 0; index < descriptors.size(); ++index) {
        int const number = descriptors[index].number();
        std::memcpy(CMSG_DATA(header) + index * sizeof number, &number, sizeof number);
    }
}

::ssize_t send_with(int number, std::string_view bytes, std::span<descriptor const> descriptors, int flags)
{
    alignas(::cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
    ::iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    ::msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    put_descriptors(message, control, descriptors.first(std::min(descriptors.size(), most_descriptors)));
    return ::sendmsg(number, &message, flags);
}

}  // namespace

stream_protocol::endpoint native_address(endpoint const& where)
{
    if (where.is_unix())
        return asio::local::stream_protocol::endpoint(where.path());
    return asio::ip::tcp::endpoint(asio::ip::make_address(where.host()), where.port());
}

endpoint listen(stream_acceptor& target, endpoint const& where, int backlog)
{
    stream_protocol::endpoint const address = native_address(where);
    target.open(address.protocol());
    ::fcntl(target.native_handle(), F_SETFD, FD_CLOEXEC);
    target.bind(address);
    target.listen(backlog);
    return where.is_tcp() ? endpoint::tcp(where.host(), port_of(target.native_handle())) : where;
}

void connect(stream& target, endpoint const& where)
{
    stream_protocol::endpoint const address = native_address(where);
    target.open(address.protocol());
    ::fcntl(target.native_handle(), F_SETFD, FD_CLOEXEC);
    target.connect(address);
    target.non_blocking(true);
}

descriptor open_pair(stream& target)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        throw_last_error("socketpair");
    descriptor other(ends[1]);
    target.assign(stream_protocol(AF_UNIX, 0), ends[0]);
    return other;
}

error_code receive_some(stream& source, std::string& bytes, std::vector<descriptor>& descriptors)
{
    std::array<char, 65536> buffer;
    alignas(::cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control;
    ::iovec part{buffer.data(), buffer.size()};
    ::msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ::ssize_t const size = ::recvmsg(source.native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size == 0)
        return asio::error::eof;
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? error_code() : last_error();
    bytes.append(buffer.data(), static_cast<std::size_t>(size));
    take_descriptors(message, descriptors);
    return {};
}

std::size_t send_some(stream& target, std::string_view bytes, std::span<descriptor const> descriptors, error_code& error)
{
    constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    int const number = target.native_handle();
    // Not sendmsg() without descriptors: tests make the calls fail that the library makes.
    ::ssize_t const sent =
        descriptors.empty() ? ::send(number, bytes.data(), bytes.size(), flags) : send_with(number, bytes, descriptors, flags);
    if (sent >= 0)
        return static_cast<std::size_t>(sent);
    if (errno != EAGAIN && errno != EINTR)
        error = last_error();
    return 0;
}

bool has_unread_output(stream& socket)
{
    int unread = 0;
    return socket.is_open() && ::ioctl(socket.native_handle(), SIOCOUTQ, &unread) == 0 && unread != 0;
}

bool has_input(stream& socket)
{
    int unread = 0;
    return socket.is_open() && ::ioctl(socket.native_handle(), SIOCINQ, &unread) == 0 && unread != 0;
}

void end_with_reset(stream& socket)
{
    error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
}

}  // namespace coqmp::testing::detail
