// What a supervisor reports, in order, in a queue of its own for each reader.
// Invariant: a value is in the queue, in a reader's hands, or counted as lost.
#ifndef COQMP_SUPERVISOR_STREAM_HPP
#define COQMP_SUPERVISOR_STREAM_HPP

#include <coqmp/change.hpp>
#include <coqmp/detail/closing_impl.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/error.hpp>
#include <coqmp/machine_event.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace coqmp {

namespace detail {
template <class Value>
class bounded_queue;

// Compiled for `change` and `machine_event`.
template <class Value>
boost::asio::any_io_executor executor_of(bounded_queue<Value> const& impl) noexcept;
template <class Value>
void close_impl(bounded_queue<Value>& impl) noexcept;
/// A moved-from stream passes no implementation.
template <class Value>
void start_read(std::shared_ptr<bounded_queue<Value>> const& impl,
                pending_handler<void(boost::system::error_code, Value)>&& handler);
}  // namespace detail

/// Changes or events as an asynchronous stream. Made by supervisor::subscribe() and supervisor::subscribe_events().
///
/// The queue is bounded: when it is full, the oldest value of the machine with the most values is dropped, and `lost_before` of the
/// next value says how many were. A stream without a reader costs the memory of its queue and delays nothing.
/// @tparam Value `change` or `machine_event`
/// @par Threads All members may be called from any thread; the object itself must not be moved or destroyed meanwhile.
/// @par Moved from A moved-from stream has ended.
/// @par Lifetime Destroying the stream ends it; a waiting read completes with errc::end_of_stream. A stream may outlive its
/// supervisor: it then ends after the values that are queued.
/// @see examples/supervisor.cpp
template <class Value>
class supervisor_stream
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// The supervisor's executor. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept { return detail::executor_of(*impl_.pointer()); }

    /// Reads the next value.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, Value)`
    /// @par Errors errc::end_of_stream when the supervisor was destroyed or the stream was closed, after the last value;
    /// errc::operation_in_progress if another read is waiting; `asio::error::operation_aborted` when cancelled.
    /// @par Cancellation terminal, partial and total: the read ends, and no value is lost, whenever that happens.
    template <boost::asio::completion_token_for<void(boost::system::error_code, Value)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_next(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, Value), &detail::start_read<Value>>(impl_,
                                                                                                    std::forward<Token>(token));
    }

    /// Reads the next value; returns nothing once the stream has ended, so that it can drive a loop:
    /// @code
    /// while (auto change = co_await changes.next())
    ///     std::cout << *change << '\n';
    /// @endcode
    /// @throws boost::system::system_error operation_aborted, errc::operation_in_progress (see async_next())
    /// @par Cancellation as async_next()
    /// @see examples/supervisor.cpp
    [[nodiscard]] boost::asio::awaitable<std::optional<Value>> next();

    /// Takes a queued value. Nothing if the queue is empty.
    [[nodiscard]] std::optional<Value> try_next();

    /// Ends the stream: nothing more is queued, and what is queued is dropped. A waiting read completes with errc::end_of_stream.
    void close() noexcept;

    /// How many values this stream has lost.
    [[nodiscard]] std::uint64_t lost() const noexcept;

private:
    friend class supervisor;
    explicit supervisor_stream(std::shared_ptr<detail::bounded_queue<Value>> impl) noexcept : impl_(std::move(impl)) {}

    detail::closing_impl<detail::bounded_queue<Value>> impl_;
};

extern template class supervisor_stream<change>;
extern template class supervisor_stream<machine_event>;

/// The changes of all machines of a supervisor.
using change_stream = supervisor_stream<change>;
/// The events of all machines of a supervisor.
using machine_event_stream = supervisor_stream<machine_event>;

}  // namespace coqmp

#endif
