#include <coqmp/session.hpp>

#include "detail/outcome.hpp"
#include "session/awaited_event.hpp"
#include "session/session_operations.hpp"

#include <boost/asio/as_tuple.hpp>

#include <optional>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp {

namespace detail {

asio::any_io_executor executor_of(session_impl const& impl) noexcept
{
    return impl.executor();
}

std::shared_ptr<session_impl> impl_of(session const& handle) noexcept
{
    return handle.impl_ ? handle.impl_.pointer() : nullptr;
}

}  // namespace detail

namespace {

// The coroutines hold the implementation, not the session: the session may be moved or destroyed while they wait.
using impl_pointer = std::shared_ptr<detail::session_impl>;

using pending_pointer = std::shared_ptr<detail::pending_command>;

/// Executes a command; completes as async_execute() does.
template <class Token>
auto reply_to(impl_pointer impl, Token token, pending_pointer request)
{
    return detail::initiate<detail::reply_signature, &detail::start_pending>(std::move(impl), std::move(token),
                                                                             std::move(request));
}

/// The coroutine of an operation on a moved-from session.
template <class Result>
asio::awaitable<Result> fail_unsent(std::string name)
{
    throw system_error(with_outcome(errc::disconnected, outcome::not_sent), name);
    co_return Result();
}

// The command is not a parameter of the coroutine: it would be moved three times more, 350 instructions of 7,000.
asio::awaitable<json::value> value_of(impl_pointer impl, pending_pointer request)
{
    pending_pointer const executed = request;  // for its name
    auto operation = reply_to(std::move(impl), asio::as_tuple(asio::deferred), std::move(request));
    auto [failure, answer] = co_await std::move(operation);
    if (failure)
        throw system_error(failure, executed->command().name());
    if (answer.has_error())
        throw command_failed(executed->command().name(), std::move(answer).error());
    co_return std::move(answer).value();
}

asio::awaitable<event> event_after(impl_pointer impl, pending_pointer request, event_filter until)
{
    std::string const name = request->command().name();
    std::string const awaited = detail::names_of(until);
    auto const wait = impl->events().expect(detail::once_sent(impl, request, std::move(until)));
    request->awaited_event = wait;
    auto sending = reply_to(impl, asio::as_tuple(asio::deferred), std::move(request));
    auto [failure, answer] = co_await std::move(sending);
    if (failure) {
        std::optional<event> seen = wait->try_next();
        if (!seen || !detail::is_peers_end(*impl, failure))
            throw system_error(failure, name);
        co_return *std::move(seen);
    }
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
    auto operation = detail::initiate<void(error_code, event), &detail::start_next>(wait, asio::as_tuple(asio::deferred));
    auto [error, happened] = co_await std::move(operation);
    if (error)
        detail::throw_missing_event(error, name, awaited);
    co_return std::move(happened);
}

asio::awaitable<void> quit_on(impl_pointer impl)
{
    auto operation = reply_to(impl, asio::as_tuple(asio::deferred), detail::make_pending(command("quit")));
    auto [error, answer] = co_await std::move(operation);
    if (error && !detail::is_peers_end(*impl, error))
        throw system_error(error, "quit");
    if (!error && answer.has_error())
        throw command_failed("quit", std::move(answer).error());
}

}  // namespace

session::session(executor_type executor, session_options options)
    : impl_(std::make_shared<detail::session_impl>(std::move(executor), std::move(options)))
{}

session& session::operator=(session&& other) noexcept
{
    if (this != &other) {
        close();
        impl_ = std::move(other.impl_);
    }
    return *this;
}

session::~session()
{
    close();
}

session::executor_type session::get_executor() const noexcept
{
    return impl_->executor();
}

asio::awaitable<json::value> session::execute(command request)
{
    if (!impl_)
        return fail_unsent<json::value>(request.name());
    return value_of(impl_.pointer(), detail::make_pending(std::move(request)));
}

asio::awaitable<event> session::execute_until(command request, event_filter until)
{
    if (!impl_)
        return fail_unsent<event>(request.name());
    return event_after(impl_.pointer(), detail::make_pending(std::move(request)), std::move(until));
}

asio::awaitable<void> session::quit()
{
    if (!impl_)
        return fail_unsent<void>("quit");
    return quit_on(impl_.pointer());
}

event_stream session::subscribe(event_filter filter, std::size_t capacity)
{
    if (!impl_) {
        event_stream ended(std::make_shared<detail::subscription>(impl_->executor(), std::move(filter), 1,
                                                                  detail::overflow::drop_oldest, nullptr));
        ended.close();
        return ended;
    }
    return event_stream(impl_->events().subscribe(std::move(filter), capacity));
}

greeting const& session::greeting() const noexcept
{
    static coqmp::greeting const none;
    auto const* const negotiated = impl_ ? impl_->negotiated() : nullptr;
    return negotiated != nullptr ? negotiated->greeting() : none;
}

std::optional<session_peer> session::peer() const
{
    return impl_ ? impl_->peer() : std::nullopt;
}

bool session::out_of_band_enabled() const noexcept
{
    auto const* const negotiated = impl_ ? impl_->negotiated() : nullptr;
    return negotiated != nullptr && negotiated->out_of_band();
}

session_counters session::counters() const noexcept
{
    return impl_ ? impl_->counters() : session_counters();
}

void session::close() noexcept
{
    if (impl_)
        impl_->close();
}

}  // namespace coqmp
