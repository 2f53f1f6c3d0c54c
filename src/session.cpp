#include <coqmp/session.hpp>

#include "detail/outcome.hpp"
#include "session/session_impl.hpp"

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

}  // namespace detail

namespace {

// The coroutines hold the implementation, not the session: the session may be moved or destroyed while they wait.
using impl_pointer = std::shared_ptr<detail::session_impl>;

using pending_pointer = std::shared_ptr<detail::pending_command>;

/// Executes a command; completes as async_execute() does.
template <class Token>
auto reply_to(impl_pointer impl, Token token, pending_pointer what)
{
    return detail::initiate<detail::reply_signature, &detail::start_pending>(std::move(impl), std::move(token), std::move(what));
}

/// The coroutine of an operation on a moved-from session.
template <class Result>
asio::awaitable<Result> fail_unsent(std::string name)
{
    throw system_error(with_outcome(errc::disconnected, outcome::not_sent), name);
    co_return Result();
}

// The command is not a parameter of the coroutine: it would be moved three times more, 350 instructions of 7,000.
asio::awaitable<json::value> value_of(impl_pointer impl, pending_pointer what)
{
    std::string const name = what->what().name();
    auto operation = reply_to(std::move(impl), asio::deferred, std::move(what));
    reply answer = co_await std::move(operation);
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
    co_return std::move(answer).value();
}

/// An event that arrives while the command is still queued on this side is not caused by it. The filter must not own the
/// command, because the command's handler owns the filter. A command that no longer exists has had its reply.
event_filter once_sent(impl_pointer impl, pending_pointer const& what, event_filter until)
{
    return event_filter().matching(
        [impl = std::move(impl), sent = std::weak_ptr(what), until = std::move(until)](event const& candidate) {
            auto const command = sent.lock();
            return (!command || impl->was_sent(*command)) && until.accepts(candidate);
        });
}

/// The names of the events, for a message.
std::string names_of(event_filter const& until)
{
    if (until.names().empty())
        return "the event";
    std::string text;
    for (std::string const& name : until.names())
        text += (text.empty() ? "" : " or ") + name;
    return text;
}

/// Whether the peer closed the connection after it had received the command: after `quit` QEMU may exit before it answers.
bool is_peers_end(detail::session_impl const& impl, error_code error)
{
    return error == errc::disconnected && error == errc::outcome_unknown && !impl.was_closed_here();
}

asio::awaitable<event> event_after(impl_pointer impl, pending_pointer what, event_filter until)
{
    std::string const name = what->what().name();
    std::string const awaited = names_of(until);
    auto const wait = impl->events().expect(once_sent(impl, what, std::move(until)));
    what->awaited_event = wait;
    auto sending = reply_to(impl, asio::as_tuple(asio::deferred), std::move(what));
    auto [failure, answer] = co_await std::move(sending);
    if (failure) {
        std::optional<event> seen = wait->try_next();
        if (!seen || !is_peers_end(*impl, failure))
            throw system_error(failure, name);
        co_return *std::move(seen);
    }
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
    auto operation = detail::initiate<void(error_code, event), &detail::start_next>(wait, asio::as_tuple(asio::deferred));
    auto [error, happened] = co_await std::move(operation);
    if (error == errc::end_of_stream)
        throw system_error(make_error_code(errc::disconnected), name + " succeeded, but " + awaited + " did not come");
    if (error)
        throw system_error(error, name + " until " + awaited);
    co_return std::move(happened);
}

asio::awaitable<void> quit_on(impl_pointer impl)
{
    auto operation = reply_to(impl, asio::as_tuple(asio::deferred), detail::make_pending(command("quit")));
    auto [error, answer] = co_await std::move(operation);
    if (error && !is_peers_end(*impl, error))
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

asio::awaitable<json::value> session::execute(command what)
{
    if (!impl_)
        return fail_unsent<json::value>(what.name());
    return value_of(impl_.pointer(), detail::make_pending(std::move(what)));
}

asio::awaitable<event> session::execute_until(command what, event_filter until)
{
    if (!impl_)
        return fail_unsent<event>(what.name());
    return event_after(impl_.pointer(), detail::make_pending(std::move(what)), std::move(until));
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
