#include "net/socket.hpp"

#include "detail/unique_fd.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/error.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

error_code last_error()
{
    return {errno, boost::system::system_category()};
}

// Replies to small commands would wait for the peer's delayed acknowledgement.
void disable_delay(int number, int family)
{
    int const on = 1;
    if (family == AF_INET || family == AF_INET6)
        ::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

error_code assign(stream_socket& target, int number, asio::generic::stream_protocol protocol)
{
    unique_fd owned(number);  // until Asio has it: it may throw, too, if there is no memory
    error_code error;
    target.assign(protocol, number, error);
    if (error)
        return error;
    static_cast<void>(owned.release());
    disable_delay(number, protocol.family());
    target.non_blocking(true, error);
    return error;
}

// A listening socket, for example, is readable but never has a message.
error_code check_connected(int number)
{
    ::sockaddr_storage peer{};
    ::socklen_t size = sizeof peer;
    if (::getpeername(number, reinterpret_cast<::sockaddr*>(&peer), &size) == 0)
        return {};
    error_code const error = last_error();
    int reset = 0;  // of a connection that the peer has reset already
    size = sizeof reset;
    bool const was_connected = ::getsockopt(number, SOL_SOCKET, SO_ERROR, &reset, &size) == 0 && reset != 0;
    return was_connected ? make_error_code(errc::disconnected) : error;
}

error_code check_stream(int number, int& family)
{
    int type = 0;
    ::socklen_t size = sizeof type;
    if (::getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        return last_error();
    if (type != SOCK_STREAM)
        return {EPROTOTYPE, boost::system::system_category()};
    size = sizeof family;
    if (::getsockopt(number, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0)
        return last_error();
    if (auto const error = check_connected(number))
        return error;
    if (::fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
        return last_error();
    return {};
}

/// @param receive a system call @return 0 with no error if nothing is there; asio::error::eof at the end
template <class Receive>
std::size_t receive_with(error_code& error, Receive receive)
{
    for (;;) {
        ::ssize_t const received = receive();
        if (received > 0)
            return static_cast<std::size_t>(received);
        if (received == 0) {
            error = asio::error::eof;
            return 0;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            error = last_error();
        return 0;
    }
}

void take_descriptors(::msghdr& message, std::vector<descriptor>& descriptors)
{
    std::vector<unique_fd> received;  // first: then none is lost if there is no memory
    for (::cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        unsigned char const* source = CMSG_DATA(header);
        for (std::size_t left = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); left > 0; --left, source += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, source, sizeof number);
            received.emplace_back(number);
        }
    }
    for (unique_fd& each : received)
        descriptors.emplace_back(each.release());
}

}  // namespace

error_code open(stream_socket& target, asio::generic::stream_protocol protocol)
{
    int const number = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol.protocol());
    if (number < 0)
        return last_error();
    return assign(target, number, protocol);
}

error_code adopt(stream_socket& target, int number)
{
    int family = AF_UNSPEC;
    if (auto const error = check_stream(number, family)) {
        ::close(number);
        return error;
    }
    return assign(target, number, asio::generic::stream_protocol(family, 0));
}

std::size_t send_some(stream_socket& target, std::string_view bytes, std::span<descriptor const> descriptors, error_code& error)
{
    ::iovec part{const_cast<char*>(bytes.data()), bytes.size()};  // sendmsg() does not write to it
    ::msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    std::vector<std::max_align_t> control;
    if (!descriptors.empty()) {
        std::size_t const size = descriptors.size() * sizeof(int);
        control.resize(CMSG_SPACE(size) / sizeof(std::max_align_t) + 1);
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(size);
        ::cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        unsigned char* destination = CMSG_DATA(header);
        for (descriptor const& carried : descriptors) {
            int const number = carried.number();
            std::memcpy(destination, &number, sizeof number);
            destination += sizeof number;
        }
    }
    for (;;) {
        ::ssize_t const sent = ::sendmsg(target.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0)
            return static_cast<std::size_t>(sent);
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            error = last_error();
        return 0;
    }
}

std::size_t receive_some(stream_socket& source, std::span<char> buffer, error_code& error)
{
    return receive_with(error, [&] { return ::recv(source.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT); });
}

std::size_t receive_some(stream_socket& source, std::span<char> buffer, std::vector<descriptor>& descriptors, error_code& error)
{
    constexpr std::size_t most_descriptors = 16;
    alignas(::cmsghdr) std::array<unsigned char, CMSG_SPACE(most_descriptors * sizeof(int))> control;
    ::iovec part{buffer.data(), buffer.size()};
    ::msghdr message{};
    std::size_t const size = receive_with(error, [&] {
        message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        return ::recvmsg(source.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    });
    if (size != 0)  // otherwise the kernel has written nothing
        take_descriptors(message, descriptors);
    return size;
}

}  // namespace coqmp::detail
