// A connection to one QEMU.
// Invariant: every operation that was started completes exactly once, whatever ends the session and when.
#ifndef COQMP_SESSION_HPP
#define COQMP_SESSION_HPP

#include <coqmp/command.hpp>
#include <coqmp/command_failed.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/session_counters.hpp>
#include <coqmp/session_end.hpp>
#include <coqmp/session_options.hpp>
#include <coqmp/session_peer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coqmp {

class session;

namespace detail {
class session_impl;
boost::asio::any_io_executor executor_of(session_impl const& impl) noexcept;
/// What stands behind a session, for the library itself; null behind one that was moved from.
std::shared_ptr<session_impl> impl_of(session const& handle) noexcept;

// The operations, from any thread. A moved-from session passes no implementation.
void start_connect(std::shared_ptr<session_impl> const& impl, pending_handler<void(boost::system::error_code)>&& handler,
                   endpoint&& address);
void start_execute(std::shared_ptr<session_impl> const& impl, pending_handler<void(boost::system::error_code, reply)>&& handler,
                   command&& request);
void start_close(std::shared_ptr<session_impl> const& impl, pending_handler<void(boost::system::error_code)>&& handler);
void start_wait_closed(std::shared_ptr<session_impl> const& impl,
                       pending_handler<void(boost::system::error_code, session_end)>&& handler);
}  // namespace detail

/// A connection to a monitor, from the greeting to the end: it executes commands and delivers events.
///
/// One session is one connection, and connects once. After its end, make a new session, or use a reconnecting_session, which does
/// so; only the caller can decide what becomes of the commands of the old one.
/// @code
/// coqmp::session vm{executor};
/// co_await vm.async_connect(coqmp::endpoint::parse("unix:/run/vm.sock"));
/// auto status = co_await vm.execute("query-status");
/// @endcode
/// @par Threads Every member may be called from any thread, but do not move, assign or destroy the object while another thread
/// uses it. The work runs on the session's executor, which must not run handlers concurrently: an `io_context` that one thread
/// runs, or a strand. Handlers run on their associated executor, and never inside the call that started the operation.
/// @par Moved from A moved-from session keeps its executor and does nothing: its operations complete with errc::disconnected
/// (commands also with errc::not_sent), async_close() succeeds, async_wait_closed() reports errc::disconnected as the reason,
/// and a stream that it makes has ended.
/// @par Lifetime Destroying the session closes it, as close() does, and never blocks. Operations that were started keep what they
/// need: the session may be moved or destroyed while they wait. It may outlive its execution context, and ends with it: it can
/// then still be moved, closed and destroyed, and get_executor(), greeting(), out_of_band_enabled() and counters() can be
/// called; subscribe() and the operations throw `boost::asio::execution::bad_executor`.
/// @see reconnecting_session, examples/first_command.cpp, examples/threads_and_strands.cpp
class session
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Does not connect yet.
    /// @param executor where the work runs (see Threads)
    /// @param options limits, deadlines and hooks; the session keeps a copy
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    /// @see examples/first_command.cpp, examples/threads_and_strands.cpp
    explicit session(executor_type executor, session_options options = {});

    /// The same with the executor of an execution context.
    /// @param context an `io_context`, for example
    /// @param options limits, deadlines and hooks; the session keeps a copy
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    explicit session(ExecutionContext& context, session_options options = {})
        : session(executor_type(context.get_executor()), std::move(options))
    {}

    session(session&&) noexcept = default;
    /// Closes the session that is replaced.
    session& operator=(session&& other) noexcept;
    ~session();

    /// Where the work runs. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Dials, awaits the greeting and negotiates capabilities (`oob` if it is offered). When it completes without an error, the
    /// session is ready for commands. session_options::connect_timeout bounds all of it.
    ///
    /// A descriptor that is not a connected stream socket fails immediately: ENOTSOCK, EPROTOTYPE (another type of socket),
    /// ENOTCONN (a listening socket, for example).
    /// @param address where the monitor is
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors After an error, the session has ended.
    /// - the error of the kernel or of the resolver;
    /// - errc::monitor_busy: the monitor accepted the connection and stayed silent until the deadline, or has no room for another
    ///   client;
    /// - errc::timed_out; errc::disconnected: the peer ended the connection;
    /// - errc::not_qmp, errc::not_json, errc::message_too_large, errc::nested_too_deep, errc::negotiation_refused;
    /// - errc::out_of_memory; errc::already_started: a second call;
    /// - `operation_aborted`: cancelled, or this side closed the session.
    /// @par Cancellation terminal and partial: the session ends.
    /// @see examples/first_command.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_connect(endpoint address, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_connect>(impl_, std::forward<Token>(token),
                                                                                         std::move(address));
    }

    /// Sends a command and completes with its reply. An error that QEMU returns is a reply, too, and not an error code.
    ///
    /// At most session_options::in_band_window commands are on the wire at once; the others are queued on this side, in order.
    /// Out-of-band commands overtake them. A command that carries descriptors is sent when no other is on the wire, and no
    /// in-band command is sent before its reply.
    /// @param request the command; its timeout(), or else session_options::command_timeout, bounds the wait
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, reply)`
    /// @par Errors reply::was_sent() says whether the command was sent, whatever the error. So do errc::not_sent and
    /// errc::outcome_unknown, one of which holds for every error but `operation_aborted`. QEMU cannot execute part of a command:
    /// if the session ends before the last byte is written, the command was not sent.
    /// - errc::timed_out; errc::disconnected: the session has ended, or was never connected;
    /// - errc::arguments_too_deep, errc::arguments_too_large, errc::arguments_not_json, errc::out_of_band_unavailable,
    ///   errc::too_many_descriptors, errc::closed_descriptor, errc::out_of_memory: nothing was sent, and the session goes on;
    /// - errc::not_json, errc::message_too_large, errc::nested_too_deep, errc::out_of_memory: the session ended because of it;
    /// - `operation_aborted`: cancelled.
    /// @par Cancellation terminal and partial: the command is abandoned. If it was sent, its reply is dropped when it arrives;
    /// the session goes on. total: only a queued command is cancelled. A reply that has arrived wins over a cancellation.
    /// @see examples/completion_tokens.cpp, examples/timeouts_and_cancellation.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, reply)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_execute(command request, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, reply), &detail::start_execute>(impl_, std::forward<Token>(token),
                                                                                                std::move(request));
    }

    /// async_execute() for coroutines: returns what the command returned.
    ///
    /// Any part of the value, moved out or copied, keeps the memory of the whole message. To keep a small part for a long time,
    /// copy it with `json::value(part, boost::json::storage_ptr())`.
    /// @param request the command
    /// @throws command_failed with the error that QEMU returned
    /// @throws boost::system::system_error with the errors of async_execute(); what() names the command
    /// @par Cancellation as async_execute()
    /// @see examples/first_command.cpp
    [[nodiscard]] boost::asio::awaitable<boost::json::value> execute(command request);

    /// execute() with the result as a value of the program's own type: a structure that Boost.Describe describes, a container,
    /// a number, a text. decode() lists the types, and how names are matched.
    ///
    /// Include `<coqmp/values.hpp>` (or `<coqmp/coqmp.hpp>`) for it.
    /// @code
    /// struct cpu { int cpu_index = 0; std::int64_t thread_id = 0; };
    /// BOOST_DESCRIBE_STRUCT(cpu, (), (cpu_index, thread_id))
    /// auto const cpus = co_await session.execute_as<std::vector<cpu>>("query-cpus-fast");
    /// @endcode
    /// @tparam Value a type with a default constructor
    /// @param request the command
    /// @throws unexpected_value if the result does not fit the type: `query-cpus-fast: [3].thread-id: not an integer`. The
    /// command has succeeded.
    /// @throws what execute() throws
    /// @par Cancellation as async_execute()
    /// @see examples/schema.cpp
    template <class Value>
    [[nodiscard]] boost::asio::awaitable<Value> execute_as(command request)
    {
        std::string name = request.name();
        return detail::include_coqmp_values_hpp<Value>::decode_result(execute(std::move(request)), std::move(name));
    }

    /// Sends a command and returns the first event after it that passes the filter. The event may arrive before the reply or long
    /// after it; neither is missed. An event that arrives while the command is still queued on this side does not count.
    /// @param request the command; its timeout(), or else session_options::command_timeout, bounds the whole wait
    /// @param until the event to wait for
    /// @throws command_failed with the error that QEMU returned
    /// @throws boost::system::system_error with the errors of async_execute(). If the command succeeded but its event did not
    /// arrive: errc::event_missing (which also compares equal to errc::timed_out) at the deadline, errc::disconnected when the
    /// session ends. Neither is errc::not_sent or errc::outcome_unknown, and what() names the event.
    /// @par Cancellation terminal and partial: the command is abandoned as in async_execute(), and the wait ends.
    /// @see examples/events.cpp
    [[nodiscard]] boost::asio::awaitable<event> execute_until(command request, event_filter until);

    /// Sends `quit`. Succeeds when QEMU has replied, and also when QEMU ends the connection after the command was sent, because
    /// QEMU may exit before it replies.
    /// @throws command_failed with the error that QEMU returned
    /// @throws boost::system::system_error with the errors of async_execute(); errc::disconnected only if the session ended
    /// before the command was sent (errc::not_sent), or if this side closed it before the reply arrived (errc::outcome_unknown)
    /// @par Cancellation as async_execute()
    /// @see examples/session_end.cpp
    [[nodiscard]] boost::asio::awaitable<void> quit();

    /// Starts a stream of events. No event that arrives after this call is missed; a stream that is made before async_connect()
    /// misses none at all. Events that arrive before the session's first stream and first command, for example in a session that
    /// a listener accepts, are kept for its first streams (session_options::early_events): those that are made before the next
    /// event arrives.
    /// @param filter which events
    /// @param capacity how many may be queued in the stream; zero: session_options::event_capacity
    /// @return a stream; on a session that has ended, one that ends after the early events that it receives
    /// @throws std::bad_alloc, boost::asio::execution::bad_executor
    /// @see examples/events.cpp
    [[nodiscard]] event_stream subscribe(event_filter filter = {}, std::size_t capacity = 0);

    /// The peer's greeting. Empty until async_connect() has completed; it does not change after that.
    /// @par Lifetime The reference is valid as long as the session.
    /// @see examples/first_command.cpp, examples/demo.cpp
    [[nodiscard]] coqmp::greeting const& greeting() const noexcept;

    /// Whether out-of-band commands can be sent. False until async_connect() has completed.
    [[nodiscard]] bool out_of_band_enabled() const noexcept;

    /// The process that connected, if listener::async_accept() accepted it on a unix socket. Empty for all other sessions,
    /// including that of a machine. Does not change.
    [[nodiscard]] std::optional<session_peer> peer() const;

    /// What the session has sent and received so far.
    [[nodiscard]] session_counters counters() const noexcept;

    /// Ends the session. Commands on the wire complete with errc::disconnected (errc::outcome_unknown), queued commands with
    /// errc::disconnected (errc::not_sent), and streams end. Does not block; does nothing on a session that has ended.
    /// @see examples/qmp-shell/qemu/monitor.cpp
    void close() noexcept;

    /// Calls close(), and completes when the connection is closed and every operation has its result.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors none
    /// @par Cancellation not supported: it completes without waiting for the peer.
    /// @see examples/session_end.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_close(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_close>(impl_, std::forward<Token>(token));
    }

    /// Completes when the session has ended, and says how.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, session_end)`
    /// @par Errors `operation_aborted`: cancelled
    /// @par Cancellation terminal, partial and total: the wait ends; the session goes on.
    /// @see examples/session_end.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, session_end)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait_closed(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, session_end), &detail::start_wait_closed>(
            impl_, std::forward<Token>(token));
    }

private:
    friend std::shared_ptr<detail::session_impl> detail::impl_of(session const& handle) noexcept;
    detail::owned_impl<detail::session_impl> impl_;
};

}  // namespace coqmp

#endif
