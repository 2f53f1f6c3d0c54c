#include "session/session_connector.hpp"

#include "session/session_impl.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/error.hpp>

#include <new>
#include <utility>
#include <variant>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

void session_connector::start(std::shared_ptr<handler> const& waiting, connect_target&& target)
try {
    if (!*waiting || waiting == waiting_)
        return;  // cancelled on its way here
    if (was_started_ || result_) {
        waiting->post(make_error_code(was_started_ ? errc::already_started : errc::disconnected));
        return;
    }
    was_started_ = true;
    waiting_ = waiting;
    deadlines_.start_connecting(timeout_);
    dialer_ = std::make_shared<dialer>(session_.executor());
    auto const* const address = std::get_if<endpoint>(&target);
    bool const is_shared = address != nullptr && address->is_descriptor();
    auto done = [this, session = session_.weak_from_this(), is_shared](error_code error, stream_socket socket) {
        if (auto const alive = session.lock())
            dialed(error, std::move(socket), is_shared);
    };
    dialer_->dial(std::move(target), std::move(done));
} catch (std::bad_alloc const&) {
    session_.end(make_error_code(errc::out_of_memory));
}

void session_connector::dialed(error_code error, stream_socket socket, bool is_shared)
{
    if (!dialer_)
        return;       // the session has ended
    dialer_.reset();  // it has a socket and addresses of its own
    // A peer that accepts and resets at once: by the time that we look the connection has come and gone.
    if (error)
        session_.end(error == asio::error::connection_reset ? make_error_code(errc::disconnected) : error);
    else
        session_.begin(std::move(socket), is_shared);
}

void session_connector::cancel(std::shared_ptr<handler> const& waiting)
{
    if (!was_started_ && !result_)  // the call itself is still on its way here
        waiting_ = waiting;
    if (waiting == waiting_ && !result_)
        session_.end(asio::error::operation_aborted);
}

void session_connector::succeed() noexcept
{
    deadlines_.stop_connecting();
    result_.emplace();
}

void session_connector::end(error_code reason) noexcept
{
    if (auto const dial = std::exchange(dialer_, nullptr))
        dial->cancel();
    result_ = reason ? reason : error_code(asio::error::operation_aborted);
}

void session_connector::dispatch()
{
    if (!has_finished())
        return;
    auto const waiting = std::exchange(waiting_, nullptr);
    waiting->complete(*result_);
}

void session_connector::destroy_handlers() noexcept
{
    if (auto const dial = std::exchange(dialer_, nullptr))
        dial->cancel();
    auto const waiting = std::exchange(waiting_, nullptr);
}

}  // namespace coqmp::detail
