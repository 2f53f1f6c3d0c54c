#include "server/client_connection.hpp"

#include "protocol/server_message.hpp"
#include "server/request_impl.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <poll.h>

#include <memory>
#include <span>
#include <utility>
#include <variant>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

constexpr std::size_t read_size = std::size_t{64} << 10;

/// Idle clients have no buffer: those of a thread share one.
std::span<char> shared_buffer()
{
    thread_local std::vector<char> buffer(read_size);
    return buffer;
}

bool has_hung_up(stream_socket& socket) noexcept
{
    ::pollfd state{socket.native_handle(), 0, 0};
    return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

client_connection::client_connection(std::shared_ptr<connection_owner> owner, std::shared_ptr<revocable_executor> home,
                                     stream_socket&& socket, std::shared_ptr<monitor_client const> client,
                                     protocol::server_dialogue_options const& dialogue, server_limits const& limits)
    : owner_(std::move(owner)),
      home_(std::move(home)),
      client_(std::move(client)),
      limits_(limits),
      dialogue_(dialogue),
      socket_(std::move(socket)),
      losses_(limits.event_bytes)
{}

client_connection::~client_connection() = default;

// ---- Beginning and end -----------------------------------------------------------------------------------------------------

void client_connection::start()
{
    if (!socket_)
        return;
    is_started_ = true;
    flush();
    arm();
}

void client_connection::close() noexcept
{
    if (!socket_)
        return;
    error_code ignored;
    if (is_started_ && !is_writing_ && dialogue_.output_descriptors().empty())  // with descriptors, sending takes memory
        send_some(*socket_, dialogue_.output(), {}, ignored);
    abandon();
    coroutines_.cancel_all();
}

void client_connection::abandon() noexcept
{
    auto const owner = std::exchange(owner_, nullptr);
    socket_.reset();
    waiting_.clear();
}

void client_connection::end()
{
    auto const self = shared_from_this();
    auto const owner = owner_;
    close();
    if (owner)
        owner->connection_ended(*self);
}

// ---- Turns: what has arrived, and what follows from it ---------------------------------------------------------------------

void client_connection::on_readable()
{
    error_code is_over;
    std::vector<descriptor> descriptors;
    auto const buffer = shared_buffer();
    std::size_t const size = receive_some(*socket_, buffer, descriptors, is_over);
    if (is_over)
        return end();
    dialogue_.receive_descriptors(std::move(descriptors));
    unread_.assign(buffer.data(), size);  // a handler may run the context, and another client's read then uses the buffer
    unread_begin_ = 0;
    turn();
}

void client_connection::turn()
{
    if (is_in_turn_ || !socket_)
        return;
    is_in_turn_ = true;
    try {
        do_what_is_possible();
    } catch (...) {  // of a handler of the user's
        is_in_turn_ = false;
        flush();
        arm();
        throw;
    }
    is_in_turn_ = false;
    flush();
    arm();
}

// A handler that answers at once lets the next command start. A loop starts it, so that the stack does not grow.
void client_connection::do_what_is_possible()
{
    for (;;) {
        if (!waiting_.empty() && executing_ < limits_.in_band_at_once) {
            monitor_request next = std::move(waiting_.front());
            waiting_.pop_front();
            ++executing_;
            execute(std::move(next));
        } else if (unread_begin_ != unread_.size() && dialogue_.wants_input()) {
            std::string_view input = std::string_view(unread_).substr(unread_begin_);
            auto action = dialogue_.receive(input);
            unread_begin_ = unread_.size() - input.size();
            handle(std::move(action));
        } else {
            return;
        }
        if (!socket_)
            return;
    }
}

void client_connection::handle(protocol::server_action&& action)
{
    auto* const what = std::get_if<protocol::requested>(&action);
    if (what == nullptr)
        return;
    bool const is_out_of_band = what->command.out_of_band;
    auto impl = std::make_unique<request_impl>(weak_from_this(), what->ticket, std::move(what->command), client_);
    impl->descriptors = dialogue_.take_descriptors(std::size_t(-1));
    monitor_request request(std::move(impl));
    if (is_out_of_band)
        execute(std::move(request));
    else
        waiting_.push_back(std::move(request));
}

// The handler may destroy the server, which owns the handler.
void client_connection::execute(monitor_request request)
{
    auto const owner = owner_;
    owner->execute(std::move(request));
}

// ---- Answers and events ----------------------------------------------------------------------------------------------------

void client_connection::answer(protocol::ticket which, bool is_out_of_band, json::value const& value,
                               std::vector<descriptor> carried)
{
    if (socket_ && dialogue_.answer(which, value, std::move(carried)))
        answered(is_out_of_band);
}

void client_connection::answer_text(protocol::ticket which, bool is_out_of_band, std::string_view value)
{
    if (socket_ && dialogue_.answer_text(which, value))
        answered(is_out_of_band);
}

void client_connection::fail(protocol::ticket which, bool is_out_of_band, command_error const& error)
{
    if (socket_ && dialogue_.fail(which, error))
        answered(is_out_of_band);
}

void client_connection::answered(bool is_out_of_band)
{
    if (!is_out_of_band)
        --executing_;
    turn();
}

void client_connection::send_event(event const& what, std::string_view text)
{
    if (!socket_ || !dialogue_.is_negotiated() || (filter_ && !filter_->accepts(what)))
        return;
    auto const [is_sent, lost_before] = losses_.offer(dialogue_.waiting_bytes());
    if (!is_sent)
        return;
    if (lost_before != 0)
        dialogue_.send_event(protocol::event_text(lost_event(lost_before, what.timestamp)));
    dialogue_.send_event(text);
    if (!is_in_turn_)
        flush();
}

// ---- The socket ------------------------------------------------------------------------------------------------------------

void client_connection::flush()
{
    while (socket_ && !is_writing_) {
        if (dialogue_.output().empty())
            return;
        error_code error;
        std::size_t const size = send_some(*socket_, dialogue_.output(), dialogue_.output_descriptors(), error);
        if (error)
            return end();
        if (size == 0)
            return arm_write();
        dialogue_.sent(size);
    }
}

void client_connection::arm()
{
    if (!socket_)
        return;
    if (unread_begin_ == unread_.size() && dialogue_.wants_input()) {
        forget_read_bytes();
        arm_read();
    } else {
        arm_hangup();
    }
}

// An idle client keeps little memory.
void client_connection::forget_read_bytes()
{
    unread_begin_ = 0;
    if (unread_.capacity() > 1024)
        unread_ = std::string();
    else
        unread_.clear();
}

void client_connection::arm_read()
{
    if (is_reading_)
        return;
    auto readable = [self = shared_from_this()](error_code) {
        self->is_reading_ = false;
        if (self->socket_)
            self->on_readable();
    };
    socket_->async_wait(stream_socket::wait_read, asio::bind_allocator(allocator_of(read_memory_), std::move(readable)));
    is_reading_ = true;
}

void client_connection::arm_write()
{
    socket_->async_wait(stream_socket::wait_write, [self = shared_from_this()](error_code) {
        self->is_writing_ = false;
        self->flush();
        self->turn();  // reading may have stopped because too much was waiting
    });
    is_writing_ = true;
}

// Nothing is read while the client's commands are executed. If the client leaves in the meantime, its waiting commands must not
// be executed.
void client_connection::arm_hangup()
{
    if (awaits_hangup_)
        return;
    auto hung_up = [self = shared_from_this()](error_code) {
        self->awaits_hangup_ = false;
        if (!self->socket_ || self->is_reading_)
            return;                       // the next read finds the end, after all that the client has sent
        if (has_hung_up(*self->socket_))  // otherwise urgent data has come, which is not read
            self->end();
    };
    socket_->async_wait(stream_socket::wait_error, asio::bind_allocator(allocator_of(hangup_memory_), std::move(hung_up)));
    awaits_hangup_ = true;
}

}  // namespace coqmp::detail
