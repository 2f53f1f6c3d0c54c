#include <coqmp/reconnecting_session.hpp>

#include <coqmp/command_failed.hpp>
#include <coqmp/listener.hpp>

#include "detail/cancellation.hpp"
#include "detail/outcome.hpp"
#include "listener/listener_impl.hpp"
#include "reconnecting/reconnecting_impl.hpp"
#include "session/awaited_event.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/bad_executor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp {

namespace detail {

asio::any_io_executor executor_of(reconnecting_impl const& impl) noexcept
{
    return impl.executor();
}

void start_reconnecting_wait(reconnecting_pointer const& impl, pending_handler<void(error_code)>&& handler)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected));
    auto const slot = handler.slot();
    auto const waiting = std::make_shared<reconnecting_impl::plain_handler>(std::move(handler));
    on_cancellation(slot, impl, waiting, [](reconnecting_impl& state, auto const& cancelled, asio::cancellation_type) {
        state.cancel_wait(cancelled);
    });
    asio::dispatch(impl->executor(), [impl, waiting] { impl->wait_connected(waiting); });
}

void start_reconnecting_change(reconnecting_pointer const& impl, pending_handler<void(error_code, connection_status)>&& handler,
                               connection_status&& known)
{
    if (!impl) {
        connection_status closed;
        closed.state = connection_state::closed;
        closed.reason = make_error_code(errc::disconnected);
        return handler.post(error_code(), std::move(closed));
    }
    auto const slot = handler.slot();
    auto const waiting = std::make_shared<change_wait>(std::move(handler), known.number);
    on_cancellation(slot, impl, waiting, [](reconnecting_impl& state, auto const& cancelled, asio::cancellation_type) {
        state.cancel_wait(cancelled);
    });
    asio::dispatch(impl->executor(), [impl, waiting] { impl->wait_change(waiting); });
}

void start_relayed(reconnecting_pointer const& impl, reconnecting_impl::reply_handler&& handler, command&& request,
                   std::shared_ptr<command_consequences>&& consequences)
{
    if (!impl)
        return handler.post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    auto const slot = handler.slot();
    relayed_list one;
    one.push_back(std::make_shared<relayed_command>(std::move(handler), std::move(request), std::move(consequences)));
    on_cancellation(slot, impl, one.front(), [](reconnecting_impl& state, auto const& cancelled, asio::cancellation_type kind) {
        state.cancel(*cancelled, kind);
    });
    asio::dispatch(impl->executor(), [impl, one = std::move(one)]() mutable { impl->execute(one); });
}

void start_reconnecting_execute(reconnecting_pointer const& impl, pending_handler<void(error_code, reply)>&& handler,
                                command&& request)
{
    start_relayed(impl, std::move(handler), std::move(request), nullptr);
}

void start_reconnecting_close(reconnecting_pointer const& impl, pending_handler<void(error_code)>&& handler)
{
    if (!impl)
        return handler.post(error_code());
    auto const waiting = std::make_shared<reconnecting_impl::plain_handler>(std::move(handler));
    asio::dispatch(impl->executor(), [impl, waiting] { impl->close(waiting); });
}

}  // namespace detail

namespace {

std::optional<detail::remote_listener> remote_of(listener const& from)
{
    auto const impl = detail::impl_of(from);
    return impl ? std::optional(impl->remote()) : std::nullopt;
}

// The coroutines hold the implementation, not the session: the session may be moved or destroyed while they wait.

asio::awaitable<json::value> value_through(detail::reconnecting_pointer impl, command request)
{
    std::string const name = request.name();
    if (!impl)
        throw system_error(with_outcome(errc::disconnected, outcome::not_sent), name);
    auto operation = detail::initiate<detail::reply_signature, &detail::start_reconnecting_execute>(
        impl, asio::as_tuple(asio::deferred), std::move(request));
    auto [failure, answer] = co_await std::move(operation);
    if (failure)
        throw system_error(failure, name);
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
    co_return std::move(answer).value();
}

asio::awaitable<event> event_through(detail::reconnecting_pointer impl, command request, event_filter until)
{
    std::string const name = request.name();
    std::string const awaited = detail::names_of(until);
    if (!impl)
        throw system_error(with_outcome(errc::disconnected, outcome::not_sent), name);
    auto const consequences = std::make_shared<detail::command_consequences>();
    consequences->until = std::move(until);
    auto sending = detail::initiate<detail::reply_signature, &detail::start_relayed>(impl, asio::as_tuple(asio::deferred),
                                                                                     std::move(request), consequences);
    auto [failure, answer] = co_await std::move(sending);
    if (failure) {
        std::optional<event> seen;
        if (consequences->peer_left)
            seen = consequences->wait->try_next();
        if (!seen)
            throw system_error(failure, name);
        co_return *std::move(seen);
    }
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
    auto operation =
        detail::initiate<void(error_code, event), &detail::start_next>(consequences->wait, asio::as_tuple(asio::deferred));
    auto [error, happened] = co_await std::move(operation);
    if (error)
        detail::throw_missing_event(error, name, awaited);
    co_return std::move(happened);
}

asio::awaitable<void> quit_through(detail::reconnecting_pointer impl)
{
    if (!impl)
        throw system_error(with_outcome(errc::disconnected, outcome::not_sent), "quit");
    auto const consequences = std::make_shared<detail::command_consequences>();
    auto operation = detail::initiate<detail::reply_signature, &detail::start_relayed>(impl, asio::as_tuple(asio::deferred),
                                                                                       command("quit"), consequences);
    auto [failure, answer] = co_await std::move(operation);
    if (failure && !consequences->peer_left)
        throw system_error(failure, "quit");
    if (!failure && answer.has_error())
        throw command_failed("quit", std::move(answer).error());
    impl->close();
}

}  // namespace

reconnecting_session::reconnecting_session(executor_type executor, endpoint monitor, reconnect_options options)
    : impl_(std::make_shared<detail::reconnecting_impl>(std::move(executor), std::move(monitor), std::move(options)))
{}

reconnecting_session::reconnecting_session(executor_type executor, listener& from, reconnect_options options)
    : impl_(std::make_shared<detail::reconnecting_impl>(std::move(executor), remote_of(from), std::move(options)))
{}

reconnecting_session& reconnecting_session::operator=(reconnecting_session&& other) noexcept
{
    if (this != &other) {
        close();
        impl_ = std::move(other.impl_);
    }
    return *this;
}

reconnecting_session::~reconnecting_session()
{
    close();
}

reconnecting_session::executor_type reconnecting_session::get_executor() const noexcept
{
    return impl_->executor();
}

void reconnecting_session::start()
{
    if (!impl_)
        return;
    if (!impl_->executor())
        throw asio::execution::bad_executor();
    asio::dispatch(impl_->executor(), [impl = impl_.pointer()] { impl->begin(); });
}

connection_status reconnecting_session::status() const
{
    if (impl_)
        return impl_->status();
    connection_status closed;
    closed.state = connection_state::closed;
    closed.reason = make_error_code(errc::disconnected);
    return closed;
}

asio::awaitable<json::value> reconnecting_session::execute(command request)
{
    return value_through(impl_ ? impl_.pointer() : nullptr, std::move(request));
}

asio::awaitable<event> reconnecting_session::execute_until(command request, event_filter until)
{
    return event_through(impl_ ? impl_.pointer() : nullptr, std::move(request), std::move(until));
}

asio::awaitable<void> reconnecting_session::quit()
{
    return quit_through(impl_ ? impl_.pointer() : nullptr);
}

event_stream reconnecting_session::subscribe(event_filter filter, std::size_t capacity)
{
    if (impl_)
        return event_stream(impl_->events().subscribe(std::move(filter), capacity));
    event_stream ended(
        std::make_shared<detail::subscription>(impl_->executor(), std::move(filter), 1, detail::overflow::drop_oldest, nullptr));
    ended.close();
    return ended;
}

void reconnecting_session::close() noexcept
{
    if (impl_)
        impl_->close();
}

}  // namespace coqmp
