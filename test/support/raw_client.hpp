// A client of a monitor that sends what a test says, and nothing else.
#ifndef COQMP_TEST_SUPPORT_RAW_CLIENT_HPP
#define COQMP_TEST_SUPPORT_RAW_CLIENT_HPP

#include "net/socket.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp::test {

/// Connected to a monitor on a unix socket. Use it only on its executor.
class raw_client
{
public:
    raw_client(boost::asio::any_io_executor const& executor, endpoint const& monitor) : socket_(executor)
    {
        namespace local = boost::asio::local;
        socket_.connect(local::stream_protocol::endpoint(monitor.path()));
    }

    void say(std::string_view bytes) { say(bytes, {}); }

    /// @param carried descriptors that go with the first byte
    void say(std::string_view bytes, std::span<descriptor const> carried)
    {
        boost::system::error_code error;
        if (detail::send_some(socket_, bytes, carried, error) != bytes.size() || error)
            throw std::runtime_error("the monitor takes no more bytes");
    }

    /// Sends everything, however long the monitor reads nothing. @throws boost::system::system_error the connection has ended
    boost::asio::awaitable<void> say_all(std::string bytes)
    {
        std::string_view rest = bytes;
        while (!rest.empty()) {
            boost::system::error_code error;
            std::size_t const size = detail::send_some(socket_, rest, {}, error);
            if (error)
                throw boost::system::system_error(error);
            rest.remove_prefix(size);
            if (size == 0)
                co_await socket_.async_wait(detail::stream_socket::wait_write, boost::asio::use_awaitable);
        }
    }

    /// The next message, without its line end. @throws system_error with eof at the end of the connection
    boost::asio::awaitable<std::string> line()
    {
        std::size_t end = 0;
        while ((end = received_.find("\r\n")) == std::string::npos)
            co_await read();
        std::string const result = received_.substr(0, end);
        received_.erase(0, end + 2);
        co_return result;
    }

    boost::asio::awaitable<boost::json::value> message()
    {
        std::string const text = co_await line();
        co_return boost::json::parse(text);
    }

    /// Reads the greeting and negotiates. @param capabilities as JSON, `"oob"` for example
    boost::asio::awaitable<void> negotiate(char const* capabilities = "")
    {
        std::string const greeting = co_await line();
        say(R"({"execute":"qmp_capabilities","arguments":{"enable":[)" + std::string(capabilities) + "]}}");
        std::string const answer = co_await line();
        if (answer != R"({"return": {}})")
            throw std::runtime_error("the negotiation was refused: " + answer);
    }

    /// Waits for the end of the connection. @return what had not been read before
    boost::asio::awaitable<std::string> end()
    try {
        for (;;)
            co_await read();
    } catch (boost::system::system_error const&) {
        co_return std::exchange(received_, {});
    }

    /// Whether something has arrived.
    [[nodiscard]] bool has_input() const { return !received_.empty() || socket_.available() != 0; }

    /// The descriptors that have arrived so far.
    [[nodiscard]] std::vector<descriptor> const& descriptors() const noexcept { return descriptors_; }

    void close() { socket_.close(); }

private:
    boost::asio::awaitable<void> read()
    {
        co_await socket_.async_wait(detail::stream_socket::wait_read, boost::asio::use_awaitable);
        std::array<char, 4096> buffer;
        boost::system::error_code error;
        std::size_t const size = detail::receive_some(socket_, buffer, descriptors_, error);
        if (error)
            throw boost::system::system_error(error);
        received_.append(buffer.data(), size);
    }

    detail::stream_socket socket_;
    std::string received_;
    std::vector<descriptor> descriptors_;
};

}  // namespace coqmp::test

#endif
