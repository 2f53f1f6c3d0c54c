#include "session/transport.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

void transport::open(stream_socket&& socket, bool is_shared)
{
    is_shared_ = is_shared;
    socket_.emplace(std::move(socket));
    arm_read();
}

descriptor transport::duplicate()
{
    return descriptor::duplicate(is_open() ? socket_->native_handle() : -1);
}

// An idle session has no buffer: all sessions of a thread share one.
std::string_view transport::read_available(error_code& error)
{
    thread_local std::vector<char> shared;
    shared.resize(read_size);
    std::size_t const size = receive_some(*socket_, shared, error);
    return {shared.data(), size};
}

void transport::flush(protocol::dialogue& source)
{
    while (can_write() && !source.output().empty()) {
        error_code error;
        std::size_t const size = send_some(*socket_, source.output(), source.output_descriptors(), error);
        if (error) {
            // The bytes that the peer sent before it left can still be read, and then the end.
            writer_ = writer::broken;
            error_code ignored;
            socket_->shutdown(stream_socket::shutdown_both, ignored);
        } else if (size != 0) {
            source.sent(size);
        } else {
            arm_write();
        }
    }
}

bool transport::interrupt_read() noexcept
{
    error_code ignored;
    if (reading_ && is_open())
        socket_->cancel(ignored);
    return reading_;
}

void transport::close() noexcept
{
    if (!socket_)
        return;
    error_code ignored;
    if (is_shared_)
        socket_->shutdown(stream_socket::shutdown_both, ignored);
    socket_->close(ignored);
}

// To wait for something to read costs a call of epoll_ctl() for each message. To read into a buffer would cost a recv() that finds
// nothing instead (Asio 1.81 tries at once), a buffer for each session, and bytes in it that a deadline has to wait for.
void transport::arm_read()
{
    if (!is_open())
        return;
    // Memory of its own: what handlers start in between would take that which Asio keeps for the next operation.
    auto readable = [self = pointer()](error_code) { self->on_readable(); };
    socket_->async_wait(stream_socket::wait_read, asio::bind_allocator(allocator_of(read_memory_), std::move(readable)));
    reading_ = true;
}

void transport::on_readable()
{
    reading_ = false;
    try {
        owner_.on_readable();
    } catch (...) {  // of a handler or a hook of the user's: the session goes on
        arm_read();
        throw;
    }
    arm_read();
}

void transport::arm_write()
{
    socket_->async_wait(stream_socket::wait_write, [self = pointer()](error_code) {
        self->writer_ = writer::idle;
        if (self->is_open())
            self->owner_.on_turn();
    });
    writer_ = writer::blocked;  // only now: there may be no memory to wait
}

std::shared_ptr<transport> transport::pointer()
{
    return {owner_.shared_from_this(), this};
}

}  // namespace coqmp::detail
