#include <coqmp/supervisor_stream.hpp>

#include "supervisor/bounded_queue.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp {

namespace detail {

template <class Value>
asio::any_io_executor executor_of(bounded_queue<Value> const& impl) noexcept
{
    return impl.executor();
}

template <class Value>
void close_impl(bounded_queue<Value>& impl) noexcept
{
    impl.close();
}

template <class Value>
void start_read(std::shared_ptr<bounded_queue<Value>> const& impl, pending_handler<void(error_code, Value)>&& handler)
{
    if (!impl)
        return handler.post(error_code(make_error_code(errc::end_of_stream)), Value());
    impl->async_next(std::move(handler));
}

template asio::any_io_executor executor_of(bounded_queue<change> const& impl) noexcept;
template asio::any_io_executor executor_of(bounded_queue<machine_event> const& impl) noexcept;
template void close_impl(bounded_queue<change>& impl) noexcept;
template void close_impl(bounded_queue<machine_event>& impl) noexcept;
template void start_read(std::shared_ptr<bounded_queue<change>> const& impl, pending_handler<void(error_code, change)>&& handler);
template void start_read(std::shared_ptr<bounded_queue<machine_event>> const& impl,
                         pending_handler<void(error_code, machine_event)>&& handler);

}  // namespace detail

namespace {

// Holds the queue, not the stream: the stream may be moved or destroyed while this waits.
template <class Value>
asio::awaitable<std::optional<Value>> next_value_of(std::shared_ptr<detail::bounded_queue<Value>> impl)
{
    if (!impl)
        co_return std::nullopt;
    std::optional<Value> result = impl->try_next();
    if (result)
        co_return std::move(result);
    auto read = detail::initiate<void(error_code, Value), &detail::start_read<Value>>(impl, asio::as_tuple(asio::deferred));
    auto [error, received] = co_await std::move(read);
    if (!error)
        result.emplace(std::move(received));
    else if (error != errc::end_of_stream)
        throw boost::system::system_error(error, "next");
    co_return result;
}

}  // namespace

template <class Value>
asio::awaitable<std::optional<Value>> supervisor_stream<Value>::next()
{
    return next_value_of<Value>(impl_ ? impl_.pointer() : nullptr);
}

template <class Value>
std::optional<Value> supervisor_stream<Value>::try_next()
{
    return impl_ ? impl_->try_next() : std::nullopt;
}

template <class Value>
void supervisor_stream<Value>::close() noexcept
{
    if (impl_)
        impl_->close();
}

template <class Value>
std::uint64_t supervisor_stream<Value>::lost() const noexcept
{
    return impl_ ? impl_->lost() : 0;
}

template class supervisor_stream<change>;
template class supervisor_stream<machine_event>;

}  // namespace coqmp
