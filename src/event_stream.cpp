#include <coqmp/event_stream.hpp>

#include <coqmp/error.hpp>

#include "events/subscription.hpp"

#include <boost/asio/as_tuple.hpp>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp {

namespace detail {

asio::any_io_executor executor_of(subscription const& impl) noexcept
{
    return impl.executor();
}

void start_next(std::shared_ptr<subscription> const& impl, subscription::next_handler&& handler)
{
    if (!impl)
        return handler.post(make_error_code(errc::end_of_stream), event());
    impl->async_next(std::move(handler));
}

}  // namespace detail

event_stream& event_stream::operator=(event_stream&& other) noexcept
{
    if (this != &other) {
        if (impl_)
            impl_->close();
        impl_ = std::move(other.impl_);
    }
    return *this;
}

event_stream::~event_stream()
{
    if (impl_)
        impl_->close();
}

namespace {

// Holds the subscription, not the stream: the stream may be moved or destroyed while this waits.
asio::awaitable<std::optional<event>> next_of(std::shared_ptr<detail::subscription> impl)
{
    if (!impl)
        co_return std::nullopt;
    // Takes a queued event without a detour through the executor: otherwise a reader on the session's own thread falls behind a
    // flood.
    std::optional<event> result = impl->try_next();
    if (result)
        co_return std::move(result);
    auto read = detail::initiate<void(error_code, event), &detail::start_next>(impl, asio::as_tuple(asio::deferred));
    auto [error, received] = co_await std::move(read);
    if (!error)
        result.emplace(std::move(received));
    else if (error != errc::end_of_stream)
        throw boost::system::system_error(error, "next");
    co_return result;
}

}  // namespace

asio::awaitable<std::optional<event>> event_stream::next()
{
    return next_of(impl_ ? impl_.pointer() : nullptr);
}

event_stream::executor_type event_stream::get_executor() const noexcept
{
    return detail::executor_of(*impl_.pointer());
}

std::optional<event> event_stream::try_next()
{
    return impl_ ? impl_->try_next() : std::nullopt;
}

void event_stream::close() noexcept
{
    if (impl_)
        impl_->close();
}

std::uint64_t event_stream::lost() const noexcept
{
    return impl_ ? impl_->lost() : 0;
}

}  // namespace coqmp
