#include "support/fake_peer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/system/system_error.hpp>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp::test {

namespace {

using stream_protocol = asio::generic::stream_protocol;

[[noreturn]] void throw_errno(char const* what)
{
    throw system_error(error_code(errno, boost::system::system_category()), what);
}

json::parse_options deep()
{
    json::parse_options result;
    result.max_depth = 2048;
    return result;
}

stream_protocol::endpoint native_address(endpoint const& where)
{
    if (where.is_unix())
        return asio::local::stream_protocol::endpoint(where.path());
    return asio::ip::tcp::endpoint(asio::ip::make_address(where.host()), where.port());
}

std::uint16_t port_of(int number)
{
    asio::ip::tcp::endpoint bound;
    auto size = static_cast<::socklen_t>(bound.capacity());
    if (::getsockname(number, bound.data(), &size) != 0)
        throw_errno("getsockname");
    return bound.port();
}

}  // namespace

struct fake_peer::connection : std::enable_shared_from_this<connection>
{
    explicit connection(asio::any_io_executor const& executor) : socket(executor), acceptor(executor), written(executor)
    {
        written.expires_at(std::chrono::steady_clock::time_point::max());
    }

    void write();
    error_code read();
    std::optional<received_command> take();
    void leave() noexcept;

    void forget_output() noexcept
    {
        output.clear();
        gone = 0;
    }

    asio::basic_stream_socket<stream_protocol, asio::any_io_executor> socket;
    asio::basic_socket_acceptor<stream_protocol, asio::any_io_executor> acceptor;
    asio::steady_timer written;
    std::string output;
    std::size_t gone = 0;  // bytes of the output that were sent
    bool waiting_to_write = false;
    bool closing = false;
    std::string input;
    std::vector<descriptor> descriptors;
};

void fake_peer::connection::write()
{
    while (!output.empty() && !waiting_to_write && socket.is_open()) {
        std::string_view const rest = std::string_view(output).substr(gone);
        ::ssize_t const sent = ::send(socket.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            gone += static_cast<std::size_t>(sent);
            if (gone == output.size())
                forget_output();
        } else if (errno == EAGAIN) {
            waiting_to_write = true;
            socket.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](error_code) {
                self->waiting_to_write = false;
                self->write();
            });
        } else {
            forget_output();  // the client has disconnected
        }
    }
    if (!output.empty() && socket.is_open())
        return;
    written.cancel();
    if (closing)
        leave();
}

void fake_peer::connection::leave() noexcept
{
    error_code ignored;
    socket.close(ignored);
    written.cancel();
}

error_code fake_peer::connection::read()
{
    std::array<char, 65536> buffer;
    alignas(::cmsghdr) std::array<char, CMSG_SPACE(256 * sizeof(int))> control;
    ::iovec part{buffer.data(), buffer.size()};
    ::msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ::ssize_t const size = ::recvmsg(socket.native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size == 0)
        return asio::error::eof;
    if (size < 0)
        return errno == EAGAIN ? error_code() : error_code(errno, boost::system::system_category());
    input.append(buffer.data(), static_cast<std::size_t>(size));
    for (::cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        std::size_t const count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t index = 0; index < count; ++index) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + index * sizeof number, sizeof number);
            descriptors.emplace_back(number);
        }
    }
    return {};
}

// Removes one object from the front of the input if it is complete. Messages are small here, so each is simply read again.
std::optional<received_command> fake_peer::connection::take()
{
    if (input.empty())
        return std::nullopt;
    json::stream_parser parser(json::storage_ptr(), deep());
    std::size_t const used = parser.write_some(input);
    if (!parser.done())
        return std::nullopt;
    json::value const whole = parser.release();
    json::object const& members = whole.as_object();
    received_command result;
    result.out_of_band = members.contains("exec-oob");
    result.name = members.at(result.out_of_band ? "exec-oob" : "execute").as_string().c_str();
    if (auto const* arguments = members.if_contains("arguments"))
        result.arguments = arguments->as_object();
    if (auto const* id = members.if_contains("id"))
        result.id = *id;
    result.text = input.substr(0, used);
    result.descriptors = std::exchange(descriptors, {});
    input.erase(0, used);
    return result;
}

fake_peer fake_peer::pair(asio::any_io_executor executor)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        throw_errno("socketpair");
    auto line = std::make_shared<connection>(executor);
    line->socket.assign(stream_protocol(AF_UNIX, 0), ends[0]);
    return fake_peer(std::move(line), endpoint::descriptor(coqmp::descriptor(ends[1])));
}

endpoint fake_peer::address()
{
    return address_.is_descriptor() ? std::exchange(address_, endpoint::unix_socket("given away")) : address_;
}

fake_peer::fake_peer(asio::any_io_executor executor, endpoint const& where, int backlog)
    : line_(std::make_shared<connection>(executor)), address_(where)
{
    stream_protocol::endpoint const address = native_address(where);
    line_->acceptor.open(address.protocol());
    line_->acceptor.bind(address);
    line_->acceptor.listen(backlog);
    if (where.is_tcp())
        address_ = endpoint::tcp(where.host(), port_of(line_->acceptor.native_handle()));
}

fake_peer fake_peer::calling(asio::any_io_executor executor, endpoint const& listener)
{
    auto line = std::make_shared<connection>(executor);
    stream_protocol::endpoint const address = native_address(listener);
    line->socket.open(address.protocol());
    line->socket.connect(address);
    line->socket.non_blocking(true);
    return fake_peer(std::move(line), listener);
}

fake_peer::~fake_peer()
{
    if (!line_)
        return;
    line_->leave();
    error_code ignored;
    line_->acceptor.close(ignored);
}

asio::awaitable<void> fake_peer::accept()
{
    auto const line = line_;
    line->leave();
    line->input.clear();
    line->forget_output();
    line->closing = false;
    co_await line->acceptor.async_accept(line->socket, asio::deferred);
}

asio::awaitable<void> fake_peer::handshake()
{
    greet();
    co_await serve("qmp_capabilities");
}

void fake_peer::say(std::string_view bytes)
{
    line_->output += bytes;
    line_->write();
}

asio::awaitable<void> fake_peer::say_one_by_one(std::string bytes)
{
    auto const line = line_;
    for (char const& byte : bytes) {
        say(std::string_view(&byte, 1));
        int unread = 1;
        while (unread != 0 && line->socket.is_open()) {
            co_await asio::post(line->socket.get_executor(), asio::deferred);
            if (!line->socket.is_open() || ::ioctl(line->socket.native_handle(), SIOCOUTQ, &unread) != 0)
                unread = 0;
        }
    }
}

void fake_peer::answer(json::value const& id, json::value const& returned)
{
    say(R"({"return": )" + json::serialize(returned) + R"(, "id": )" + json::serialize(id) + "}\r\n");
}

void fake_peer::refuse(json::value const& id, std::string_view error_class, std::string_view description)
{
    json::object error;
    error["class"] = json::string_view(error_class.data(), error_class.size());
    error["desc"] = json::string_view(description.data(), description.size());
    say(R"({"id": )" + json::serialize(id) + R"(, "error": )" + json::serialize(error) + "}\r\n");
}

void fake_peer::event(std::string_view name, json::object const& data)
{
    say(R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": ")" + std::string(name) + R"(", "data": )" +
        json::serialize(data) + "}\r\n");
}

asio::awaitable<void> fake_peer::flushed()
{
    auto const line = line_;
    while (!line->output.empty())
        co_await line->written.async_wait(asio::as_tuple(asio::deferred));
}

asio::awaitable<received_command> fake_peer::receive()
{
    auto const line = line_;
    std::optional<received_command> next = line->take();
    while (!next) {
        co_await line->socket.async_wait(asio::socket_base::wait_read, asio::deferred);
        if (auto const error = line->read())
            throw system_error(error, "the fake peer's client");
        next = line->take();
    }
    co_return std::move(*next);
}

asio::awaitable<json::value> fake_peer::expect(std::string name)
{
    received_command next = co_await receive();
    if (next.name != name)
        throw std::runtime_error("the fake peer expected " + name + " and got " + next.text);
    co_return std::move(next.id);
}

asio::awaitable<void> fake_peer::serve(std::string name, json::value returned)
{
    json::value const id = co_await expect(std::move(name));
    answer(id, returned);
}

asio::awaitable<std::string> fake_peer::end()
{
    auto const line = line_;
    error_code error;
    while (!error) {
        co_await line->socket.async_wait(asio::socket_base::wait_read, asio::deferred);
        error = line->read();
    }
    line->leave();
    co_return std::move(line->input);
}

bool fake_peer::has_input() const
{
    int unread = 0;
    return !line_->input.empty() || (::ioctl(line_->socket.native_handle(), SIOCINQ, &unread) == 0 && unread != 0);
}

void fake_peer::close()
{
    line_->closing = true;
    line_->write();
}

void fake_peer::reset()
{
    error_code ignored;
    line_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
    line_->leave();
}

}  // namespace coqmp::test
