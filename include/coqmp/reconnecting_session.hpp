// A session that connects again when its connection has ended.
// Invariant: every operation that was started completes exactly once; a command is never sent twice.
#ifndef COQMP_RECONNECTING_SESSION_HPP
#define COQMP_RECONNECTING_SESSION_HPP

#include <coqmp/command.hpp>
#include <coqmp/connection_status.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/event_gap.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/reconnect_options.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace coqmp {

class listener;

namespace detail {
class reconnecting_impl;
boost::asio::any_io_executor executor_of(reconnecting_impl const& impl) noexcept;

// The operations, from any thread. A moved-from session passes no implementation.
using reconnecting_pointer = std::shared_ptr<reconnecting_impl>;
void start_reconnecting_wait(reconnecting_pointer const& impl, pending_handler<void(boost::system::error_code)>&& handler);
void start_reconnecting_change(reconnecting_pointer const& impl,
                               pending_handler<void(boost::system::error_code, connection_status)>&& handler,
                               connection_status&& known);
void start_reconnecting_execute(reconnecting_pointer const& impl,
                                pending_handler<void(boost::system::error_code, reply)>&& handler, command&& request);
void start_reconnecting_close(reconnecting_pointer const& impl, pending_handler<void(boost::system::error_code)>&& handler);
}  // namespace detail

/// One session after the other, to one monitor: it connects, and when the connection ends it connects again, with growing pauses
/// in between (reconnect_options). It dials an endpoint or, for QEMUs that connect to us (`-chardev socket,reconnect=1,...`),
/// accepts from a listener.
///
/// A command is sent at most once. One that was on the wire when its connection ended completes with errc::disconnected, which is
/// errc::outcome_unknown: only the caller can decide whether to send it again. One that was not sent fails or waits, as
/// reconnect_options::unsent says. Streams go on, with one marker for each gap: see is_event_gap().
///
/// Every error is tried again: a monitor that is not there yet or serves another client, and also a peer that is not a monitor or
/// refuses the negotiation, because another program may have the address by then. The session gives up, and closes itself, only
/// - when reconnect_options::most_attempts have failed in a row;
/// - when the connection of an endpoint that is a descriptor ends, because there is nothing to dial again;
/// - when its listener was closed, moved from or destroyed.
/// @code
/// coqmp::reconnecting_session vm{executor, coqmp::endpoint::parse("unix:/run/vm.sock")};
/// coqmp::event_stream events = vm.subscribe();  // before it connects, so that no event is missed
/// co_await vm.async_wait_connected();
/// auto status = co_await vm.execute("query-status");
/// @endcode
/// @par Threads as session
/// @par Moved from A moved-from session keeps its executor and does nothing: its operations complete with errc::disconnected
/// (commands also with errc::not_sent), async_close() succeeds, its status is connection_state::closed, and a stream that it makes
/// has ended.
/// @par Lifetime Destroying the session closes it, as close() does, and never blocks. Operations that were started keep what they
/// need. It may outlive its execution context, and ends with it, as a session does. A listener may be moved meanwhile, and may run
/// on another execution context.
/// @see examples/reconnecting.cpp
class reconnecting_session
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Dials. Does not begin yet: see start().
    /// @param executor where the work runs
    /// @param monitor where the monitor is
    /// @param options pauses, limits, and the options of each session
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    /// @see examples/reconnecting.cpp
    reconnecting_session(executor_type executor, endpoint monitor, reconnect_options options = {});

    /// Accepts one connection at a time. Does not begin yet: see start().
    /// @param executor where the work runs
    /// @param from its listener_options::peer_user and peer_process hold for every connection. Its other options do not count: the
    /// sessions have those of reconnect_options::session, and a peer may take any time to connect.
    /// @param options pauses, limits, and the options of each session
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    reconnecting_session(executor_type executor, listener& from, reconnect_options options = {});

    /// The same with the executor of an execution context.
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    reconnecting_session(ExecutionContext& context, endpoint monitor, reconnect_options options = {})
        : reconnecting_session(executor_type(context.get_executor()), std::move(monitor), std::move(options))
    {}

    /// The same with the executor of an execution context.
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    reconnecting_session(ExecutionContext& context, listener& from, reconnect_options options = {})
        : reconnecting_session(executor_type(context.get_executor()), from, std::move(options))
    {}

    reconnecting_session(reconnecting_session&&) noexcept = default;
    /// Closes the session that is replaced.
    reconnecting_session& operator=(reconnecting_session&& other) noexcept;
    ~reconnecting_session();

    /// Where the work runs. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Begins to connect, in the background. Does nothing if it has begun. Call it, or async_wait_connected(), after subscribe(),
    /// so that no event is missed.
    /// @throws std::bad_alloc, boost::asio::execution::bad_executor
    /// @see examples/reconnecting.cpp
    void start();

    /// Calls start(), and completes when there is a connection: immediately if there is one.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors the reason to give up (connection_status::reason); `operation_aborted`: cancelled, or this side closed the
    /// session; errc::disconnected: moved from
    /// @par Cancellation terminal, partial and total: the wait ends; the session goes on.
    /// @see examples/reconnecting.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait_connected(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_reconnecting_wait>(impl_,
                                                                                                   std::forward<Token>(token));
    }

    /// Whether there is a connection now, how many there have been, and why the last one ended.
    [[nodiscard]] connection_status status() const;

    /// Completes when the status is another one than that which the caller knows: there is a connection, or it was lost, or an
    /// attempt has failed, or the session was closed. Any number of operations may wait. Changes that come faster than the caller
    /// asks are not delivered one by one: the newest status is, and counts the connections.
    /// @code
    /// for (coqmp::connection_status now; now.state != coqmp::connection_state::closed;) {
    ///     now = co_await vm.async_wait_change(now);
    ///     std::cout << now << '\n';
    /// }
    /// @endcode
    /// @param known what status() or this function returned before; connection_status(): before start()
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, connection_status)`
    /// @par Errors `operation_aborted`: cancelled. The end of the session is not an error, but the last status, which further calls
    /// complete with at once.
    /// @par Cancellation terminal, partial and total: the wait ends. No change is lost by it: the next call compares again.
    /// @see examples/reconnecting.cpp
    template <
        boost::asio::completion_token_for<void(boost::system::error_code, connection_status)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait_change(connection_status known, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, connection_status), &detail::start_reconnecting_change>(
            impl_, std::forward<Token>(token), std::move(known));
    }

    /// Sends a command through the present connection, as session::async_execute() does. Without a connection, and before start(),
    /// it does what reconnect_options::unsent says; so does a command that is still queued on this side when its connection ends.
    /// Commands that wait are sent in the order of the calls.
    /// @param request the command; its timeout(), or else session_options::command_timeout, bounds the whole wait
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, reply)`
    /// @par Errors those of session::async_execute(). errc::disconnected is errc::not_sent if there was no connection and the
    /// command must not wait, or if too many commands wait, or if the session was closed; it is errc::outcome_unknown if the
    /// connection ended after the command was sent.
    /// @par Cancellation as session::async_execute(); a command that waits for a connection is cancelled by any type.
    /// @see examples/reconnecting.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, reply)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_execute(command request, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, reply), &detail::start_reconnecting_execute>(
            impl_, std::forward<Token>(token), std::move(request));
    }

    /// async_execute() for coroutines: returns what the command returned. See session::execute().
    /// @param request the command
    /// @throws command_failed with the error that QEMU returned
    /// @throws boost::system::system_error with the errors of async_execute(); what() names the command
    /// @par Cancellation as async_execute()
    [[nodiscard]] boost::asio::awaitable<boost::json::value> execute(command request);

    /// execute() with the result as a value of the program's own type. See session::execute_as(). Include `<coqmp/values.hpp>` (or
    /// `<coqmp/coqmp.hpp>`) for it.
    /// @tparam Value a type with a default constructor
    /// @param request the command
    /// @throws unexpected_value if the result does not fit the type. The command has succeeded.
    /// @throws what execute() throws
    /// @par Cancellation as async_execute()
    template <class Value>
    [[nodiscard]] boost::asio::awaitable<Value> execute_as(command request)
    {
        std::string name = request.name();
        return detail::include_coqmp_values_hpp<Value>::decode_result(execute(std::move(request)), std::move(name));
    }

    /// Sends a command and returns the first event after it that passes the filter, as session::execute_until() does. The event
    /// counts only if it comes through the same connection as the reply: what happened in a gap is not known.
    /// @param request the command; its timeout(), or else session_options::command_timeout, bounds the whole wait, including that
    /// for a connection
    /// @param until the event to wait for
    /// @throws command_failed with the error that QEMU returned
    /// @throws boost::system::system_error with the errors of async_execute(). If the command succeeded but its event did not
    /// arrive: errc::event_missing (which also compares equal to errc::timed_out) at the deadline, errc::disconnected when the
    /// connection ends. Neither is errc::not_sent or errc::outcome_unknown, and what() names the event.
    /// @par Cancellation terminal and partial: the command is abandoned as in async_execute(), and the wait ends.
    [[nodiscard]] boost::asio::awaitable<event> execute_until(command request, event_filter until);

    /// Sends `quit`, and closes this session when that has succeeded, so that it does not connect to the next QEMU at the address.
    /// Succeeds when QEMU has replied, and also when QEMU ends the connection after the command was sent. After an error the
    /// session goes on.
    ///
    /// The session does not wait for QEMU's last events. To get them, use `execute_until("quit", "SHUTDOWN")` and close().
    /// @throws command_failed with the error that QEMU returned
    /// @throws boost::system::system_error with the errors of async_execute(); errc::disconnected only if the command was not sent
    /// (errc::not_sent; with unsent_commands::wait, it waits for the next connection), or if this side closed the session before
    /// the reply arrived (errc::outcome_unknown)
    /// @par Cancellation as async_execute()
    [[nodiscard]] boost::asio::awaitable<void> quit();

    /// Starts a stream of events that goes on from one connection to the next, and ends when the session is closed or gives up. One
    /// that is made before start() misses no event of the first connection. For each gap between two connections it gets one
    /// marker, which passes every filter: see is_event_gap(). The marker is queued like an event, and is dropped like one when the
    /// queue is full.
    /// @param filter which events
    /// @param capacity how many may be queued in the stream; zero: session_options::event_capacity
    /// @return a stream; on a session that is closed, one that has ended
    /// @throws std::bad_alloc, boost::asio::execution::bad_executor
    /// @see examples/reconnecting.cpp
    [[nodiscard]] event_stream subscribe(event_filter filter = {}, std::size_t capacity = 0);

    /// Ends the connection and connects no more. Commands on the wire complete with errc::disconnected (errc::outcome_unknown),
    /// others with errc::disconnected (errc::not_sent), and streams end. Does not block.
    /// @see examples/reconnecting.cpp
    void close() noexcept;

    /// Calls close(), and completes when every command has its result.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors none
    /// @par Cancellation not supported: it completes without waiting for the peer.
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_close(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_reconnecting_close>(impl_,
                                                                                                    std::forward<Token>(token));
    }

private:
    detail::owned_impl<detail::reconnecting_impl> impl_;
};

}  // namespace coqmp

#endif
