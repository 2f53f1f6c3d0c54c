#include "testing/wire.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::testing::detail {

wire::wire(std::weak_ptr<wire_owner> owner, stream client, stream monitor)
    : owner_(std::move(owner)), client_(std::move(client)), monitor_(std::move(monitor))
{}

void wire::start()
{
    read_client();
    read_monitor();
    send_to_client();  // a fault may be due already
}

void wire::close() noexcept
{
    if (client_.is_open() && !is_resetting_) {
        take_from_monitor();
        most_at_once_ = 0;  // do not wait until the client has read
        is_sending_to_client_ = false;
        while (send_part()) {
        }
    }
    end();
}

void wire::end() noexcept
{
    if (!client_.is_open())
        return;
    error_code ignored;
    client_.close(ignored);
    monitor_.close(ignored);
    if (auto const owner = owner_.lock())
        owner->ended(*this);
}

// ---- From the client to the server -----------------------------------------------------------------------------------------

void wire::read_client()
{
    client_.async_wait(stream::wait_read, [self = shared_from_this()](error_code) {
        if (self->client_.is_open())
            self->client_is_readable();
    });
}

void wire::client_is_readable()
{
    if (is_resetting_)
        return reset();
    std::string bytes;
    std::vector<descriptor> descriptors;
    if (receive_some(client_, bytes, descriptors))
        return end();
    std::string const text = bytes;
    to_monitor_.add(std::move(bytes), std::move(descriptors));
    record(text);
    send_to_monitor();
}

// What is not JSON is the server's business.
void wire::record(std::string_view bytes)
{
    auto const owner = owner_.lock();
    reader_.add(bytes);
    while (owner && !reader_.is_empty()) {
        try {
            auto command = reader_.take();
            if (!command)
                return;
            owner->received(std::move(*command));
        } catch (boost::system::system_error const&) {
            reader_.skip_line();
        }
    }
}

// The client's next bytes are read when the server has taken these: QEMU does not read ahead either.
void wire::send_to_monitor()
{
    while (client_.is_open() && !to_monitor_.is_empty() && !is_sending_to_monitor_) {
        error_code error;
        std::size_t const sent = to_monitor_.send(monitor_, std::string::npos, error);
        if (error)
            return;  // the server has disconnected; what it said before has still to be read
        if (sent != 0)
            continue;
        is_sending_to_monitor_ = true;
        monitor_.async_wait(stream::wait_write, [self = shared_from_this()](error_code) {
            self->is_sending_to_monitor_ = false;
            self->send_to_monitor();
        });
    }
    if (client_.is_open() && to_monitor_.is_empty())
        read_client();
}

// ---- From the server to the client -----------------------------------------------------------------------------------------

void wire::read_monitor()
{
    monitor_.async_wait(stream::wait_read, [self = shared_from_this()](error_code) {
        if (!self->client_.is_open())
            return;
        if (self->take_from_monitor())
            self->read_monitor();
        self->send_to_client();
    });
}

/// @return whether more may come
bool wire::take_from_monitor()
{
    while (!monitor_has_ended_) {
        std::string bytes;
        std::vector<descriptor> descriptors;
        monitor_has_ended_ = static_cast<bool>(receive_some(monitor_, bytes, descriptors));
        if (bytes.empty())
            break;
        to_client_.add(std::move(bytes), std::move(descriptors));
    }
    return !monitor_has_ended_;
}

void wire::say(std::string_view bytes)
{
    take_from_monitor();
    to_client_.add(std::string(bytes));
    send_to_client();
}

void wire::set_gate(line_gate gate)
{
    take_from_monitor();
    send_to_client();  // what was said before passes as it did before
    gate_ = gate;
    send_to_client();
}

void wire::split(std::size_t bytes)
{
    most_at_once_ = bytes;
}

void wire::send_to_client()
{
    while (!is_sending_to_client_ && send_part()) {
    }
    if (!client_.is_open() || is_sending_to_client_)
        return;
    if (gate_.is_shut())
        meet_fault();
    if (monitor_has_ended_ && (to_client_.is_empty() || gate_.is_shut()))
        end();
}

/// @return whether more can be sent now
bool wire::send_part()
{
    if (!client_.is_open() || is_resetting_ || to_client_.is_empty())
        return false;
    std::string const next(to_client_.next());
    std::size_t most = gate_.passable(next);
    if (most_at_once_ != 0)
        most = std::min(most, most_at_once_);
    if (most == 0)
        return false;
    error_code error;
    std::size_t const sent = to_client_.send(client_, most, error);
    if (error) {
        end();
        return false;
    }
    gate_.pass(std::string_view(next).substr(0, sent));
    if (sent == 0) {
        is_sending_to_client_ = true;
        client_.async_wait(stream::wait_write, [self = shared_from_this()](error_code) {
            self->is_sending_to_client_ = false;
            self->send_to_client();
        });
        return false;
    }
    if (most_at_once_ == 0)
        return true;
    is_sending_to_client_ = true;
    wait_until_read();
    return false;
}

// Nothing reports that the other end of a socket has read.
void wire::wait_until_read()
{
    asio::post(client_.get_executor(), [self = shared_from_this()] {
        if (has_unread_output(self->client_) && self->most_at_once_ != 0)
            return self->wait_until_read();
        self->is_sending_to_client_ = false;
        self->send_to_client();
    });
}

void wire::meet_fault()
{
    if (gate_.fault() == line_fault::end)
        return end();
    if (gate_.fault() != line_fault::reset || is_resetting_)
        return;
    is_resetting_ = true;
    error_code ignored;
    bool const is_unix = client_.local_endpoint(ignored).protocol().family() == AF_UNIX;
    if (!is_unix || has_input(client_))
        reset();
}

void wire::reset()
{
    end_with_reset(client_);
    end();
}

}  // namespace coqmp::testing::detail
