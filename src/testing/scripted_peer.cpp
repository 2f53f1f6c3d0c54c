#include <coqmp/testing/scripted_peer.hpp>

#include "testing/command_reader.hpp"
#include "testing/stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp::testing {

struct scripted_peer::connection : std::enable_shared_from_this<connection>
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

    detail::stream socket;
    detail::stream_acceptor acceptor;
    asio::steady_timer written;
    std::string output;
    std::size_t gone = 0;  // bytes of the output that were sent
    bool waiting_to_write = false;
    bool closing = false;
    detail::command_reader input;
    std::vector<descriptor> descriptors;
};

void scripted_peer::connection::write()
{
    while (!output.empty() && !waiting_to_write && socket.is_open()) {
        error_code error;
        gone += detail::send_some(socket, std::string_view(output).substr(gone), {}, error);
        if (error || gone == output.size()) {
            forget_output();  // an error: the client has disconnected
        } else {
            waiting_to_write = true;
            socket.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](error_code) {
                self->waiting_to_write = false;
                self->write();
            });
        }
    }
    if (!output.empty() && socket.is_open())
        return;
    written.cancel();
    if (closing)
        leave();
}

void scripted_peer::connection::leave() noexcept
{
    error_code ignored;
    socket.close(ignored);
    written.cancel();
}

error_code scripted_peer::connection::read()
{
    std::string bytes;
    error_code const error = detail::receive_some(socket, bytes, descriptors);
    input.add(bytes);
    return error;
}

std::optional<received_command> scripted_peer::connection::take()
{
    auto result = input.take();
    if (result)
        result->descriptors = std::exchange(descriptors, {});
    return result;
}

scripted_peer::scripted_peer(std::shared_ptr<connection> line, endpoint address)
    : line_(std::move(line)), address_(std::move(address))
{}

scripted_peer scripted_peer::pair(asio::any_io_executor executor)
{
    auto line = std::make_shared<connection>(executor);
    descriptor other = detail::open_pair(line->socket);
    return {std::move(line), endpoint::descriptor(std::move(other))};
}

endpoint scripted_peer::address()
{
    return address_.is_descriptor() ? std::exchange(address_, endpoint::unix_socket("given away")) : address_;
}

scripted_peer::scripted_peer(asio::any_io_executor executor, endpoint const& where, int backlog)
    : line_(std::make_shared<connection>(executor)), address_(detail::listen(line_->acceptor, where, backlog))
{}

scripted_peer scripted_peer::calling(asio::any_io_executor executor, endpoint const& listener)
{
    auto line = std::make_shared<connection>(executor);
    detail::connect(line->socket, listener);
    return {std::move(line), listener};
}

scripted_peer::scripted_peer(scripted_peer&&) noexcept = default;

scripted_peer::~scripted_peer()
{
    if (!line_)
        return;
    line_->leave();
    error_code ignored;
    line_->acceptor.close(ignored);
}

asio::awaitable<void> scripted_peer::accept()
{
    auto const line = line_;
    line->leave();
    static_cast<void>(line->input.take_rest());
    line->forget_output();
    line->closing = false;
    co_await line->acceptor.async_accept(line->socket, asio::deferred);
}

asio::awaitable<void> scripted_peer::handshake()
{
    greet();
    co_await serve("qmp_capabilities");
}

void scripted_peer::say(std::string_view bytes)
{
    line_->output += bytes;
    line_->write();
}

asio::awaitable<void> scripted_peer::say_one_by_one(std::string bytes)
{
    auto const line = line_;
    for (char const& byte : bytes) {
        say(std::string_view(&byte, 1));
        do {
            co_await asio::post(line->socket.get_executor(), asio::deferred);
        } while (detail::has_unread_output(line->socket));
    }
}

void scripted_peer::answer(json::value const& id, json::value const& returned)
{
    std::string const member = id.is_null() ? "" : R"(, "id": )" + json::serialize(id);
    say(R"({"return": )" + json::serialize(returned) + member + "}\r\n");
}

void scripted_peer::refuse(json::value const& id, std::string_view error_class, std::string_view description)
{
    json::object error;
    error["class"] = json::string_view(error_class.data(), error_class.size());
    error["desc"] = json::string_view(description.data(), description.size());
    std::string const member = id.is_null() ? "" : R"("id": )" + json::serialize(id) + ", ";
    say("{" + member + R"("error": )" + json::serialize(error) + "}\r\n");
}

void scripted_peer::event(std::string_view name, json::object const& data)
{
    say(R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": ")" + std::string(name) + R"(", "data": )" +
        json::serialize(data) + "}\r\n");
}

asio::awaitable<void> scripted_peer::flushed()
{
    auto const line = line_;
    while (!line->output.empty())
        co_await line->written.async_wait(asio::as_tuple(asio::deferred));
}

asio::awaitable<received_command> scripted_peer::receive()
{
    auto const line = line_;
    std::optional<received_command> next = line->take();
    while (!next) {
        co_await line->socket.async_wait(asio::socket_base::wait_read, asio::deferred);
        if (auto const error = line->read())
            throw system_error(error, "the client of the scripted peer");
        next = line->take();
    }
    co_return std::move(*next);
}

asio::awaitable<json::value> scripted_peer::expect(std::string name)
{
    received_command next = co_await receive();
    if (next.name != name)
        throw std::runtime_error("the scripted peer expected " + name + " and got " + next.text);
    co_return std::move(next.id);
}

asio::awaitable<void> scripted_peer::serve(std::string name, json::value returned)
{
    json::value const id = co_await expect(std::move(name));
    answer(id, returned);
}

asio::awaitable<std::string> scripted_peer::end()
{
    auto const line = line_;
    error_code error;
    while (!error) {
        co_await line->socket.async_wait(asio::socket_base::wait_read, asio::deferred);
        error = line->read();
    }
    line->leave();
    co_return line->input.take_rest();
}

bool scripted_peer::has_input() const
{
    return !line_->input.is_empty() || detail::has_input(line_->socket);
}

void scripted_peer::close()
{
    line_->closing = true;
    line_->write();
}

void scripted_peer::reset()
{
    detail::end_with_reset(line_->socket);
    line_->leave();
}

}  // namespace coqmp::testing
