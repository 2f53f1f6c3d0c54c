#include <coqmp/event_stream.hpp>

#include "events/subscription.hpp"

#include <boost/asio/as_tuple.hpp>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp {

namespace detail {

asio::any_io_executor executor_of(subscription const& state) noexcept
{
    return state.executor();
}

}  // namespace detail

event_stream& event_stream::operator=(event_stream&& other) noexcept
{
    if (this != &other) {
        if (state_)
            state_->close();
        state_ = std::move(other.state_);
    }
    return *this;
}

event_stream::~event_stream()
{
    if (state_)
        state_->close();
}

void event_stream::start_next(std::shared_ptr<detail::subscription> const& state, next_handler handler)
{
    if (!state)
        return handler.post(make_error_code(errc::end_of_stream), event());
    state->async_next(std::move(handler));
}

namespace {

// Holds the state, not the stream: the stream may be moved or destroyed while this waits.
asio::awaitable<std::optional<event>> next_of(std::shared_ptr<detail::subscription> state)
{
    if (!state)
        co_return std::nullopt;
    // Takes a queued event without a detour through the executor: otherwise a reader on the session's own thread falls behind a
    // flood.
    std::optional<event> result = state->try_next();
    if (result)
        co_return std::move(result);
    auto read =
        detail::initiate<void(error_code, event), &detail::subscription::start_next>(state, asio::as_tuple(asio::deferred));
    auto [error, what] = co_await std::move(read);
    if (!error)
        result.emplace(std::move(what));
    else if (error != errc::end_of_stream)
        throw boost::system::system_error(error, "next");
    co_return result;
}

}  // namespace

asio::awaitable<std::optional<event>> event_stream::next()
{
    return next_of(state_ ? state_.pointer() : nullptr);
}

std::optional<event> event_stream::try_next()
{
    return state_ ? state_->try_next() : std::nullopt;
}

void event_stream::close() noexcept
{
    if (state_)
        state_->close();
}

std::uint64_t event_stream::lost() const noexcept
{
    return state_ ? state_->lost() : 0;
}

}  // namespace coqmp
