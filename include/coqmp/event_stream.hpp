// The events that one reader asked for, in order, in a queue of its own.
// Invariant: an event is in the queue, in a reader's hands, or counted as lost.
#ifndef COQMP_EVENT_STREAM_HPP
#define COQMP_EVENT_STREAM_HPP

#include <coqmp/detail/initiation.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace coqmp {

namespace detail {
class subscription;
boost::asio::any_io_executor executor_of(subscription const& impl) noexcept;
/// A moved-from stream passes no implementation.
void start_next(std::shared_ptr<subscription> const& impl, pending_handler<void(boost::system::error_code, event)>&& handler);
}  // namespace detail

/// Events as an asynchronous stream. Made by session::subscribe() and reconnecting_session::subscribe().
///
/// The queue is bounded, by session_options::event_capacity and event_bytes: when it is full the oldest event is dropped, and
/// event::lost_before of the next event that is read says how many were dropped. A stream without a reader costs the memory of
/// its queue and delays nothing.
/// @par Threads All members may be called from any thread; the object itself must not be moved or destroyed meanwhile.
/// @par Moved from A moved-from stream has ended and has no events.
/// @par Lifetime Destroying the stream ends it; a waiting read completes with errc::end_of_stream. A stream may outlive its
/// session: it then ends after the events that are queued. It may also outlive its execution context: it can then still be
/// moved, closed and destroyed, and try_next() and lost() can be called, but async_next() throws
/// `boost::asio::execution::bad_executor`.
/// @see examples/events.cpp
class event_stream
{
public:
    using executor_type = boost::asio::any_io_executor;

    event_stream(event_stream&&) noexcept = default;
    event_stream& operator=(event_stream&& other) noexcept;
    ~event_stream();

    /// The session's executor. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Reads the next event.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, event)`
    /// @par Errors errc::end_of_stream when the session has ended or the stream was closed, after the last event;
    /// errc::operation_in_progress if another read is waiting; `asio::error::operation_aborted` when cancelled.
    /// @par Cancellation terminal, partial and total: the read ends and the event stays in the queue, whatever the moment.
    /// @see examples/events.cpp, examples/timeouts_and_cancellation.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, event)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_next(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, event), &detail::start_next>(impl_, std::forward<Token>(token));
    }

    /// Reads the next event; returns nothing once the stream has ended, so that it can drive a loop:
    /// @code
    /// while (auto event = co_await events.next())
    ///     std::cout << event->name << '\n';
    /// @endcode
    /// @throws boost::system::system_error operation_aborted, errc::operation_in_progress (see async_next())
    /// @par Cancellation as async_next()
    /// @see examples/events.cpp
    [[nodiscard]] boost::asio::awaitable<std::optional<event>> next();

    /// Takes a queued event. Nothing if the queue is empty.
    [[nodiscard]] std::optional<event> try_next();

    /// Ends the stream: nothing more is queued, and what is queued is dropped. A waiting read completes with errc::end_of_stream.
    void close() noexcept;

    /// How many events this stream has lost, including early events that were not kept (session_options::early_events).
    [[nodiscard]] std::uint64_t lost() const noexcept;

private:
    friend class reconnecting_session;
    friend class session;
    explicit event_stream(std::shared_ptr<detail::subscription> impl) noexcept : impl_(std::move(impl)) {}

    detail::owned_impl<detail::subscription> impl_;
};

}  // namespace coqmp

#endif
