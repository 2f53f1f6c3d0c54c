// A conversation with one QEMU.
// Invariant: every operation that was started completes exactly once, whatever ends the session and when.
#ifndef COQMP_SESSION_HPP
#define COQMP_SESSION_HPP

#include <coqmp/command.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/session_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>

#include <cstddef>
#include <memory>

namespace coqmp {

namespace detail {
class machine_impl;
class session_impl;
boost::asio::any_io_executor executor_of(session_impl const& impl) noexcept;

// The operations, from any thread. A moved-from session passes no implementation.
void start_connect(std::shared_ptr<session_impl> const& impl, pending_handler<void(boost::system::error_code)>&& handler,
                   endpoint&& where);
void start_execute(std::shared_ptr<session_impl> const& impl, pending_handler<void(boost::system::error_code, reply)>&& handler,
                   command&& what);
void start_close(std::shared_ptr<session_impl> const& impl, pending_handler<void(boost::system::error_code)>&& handler);
void start_wait_closed(std::shared_ptr<session_impl> const& impl,
                       pending_handler<void(boost::system::error_code, boost::system::error_code)>&& handler);
}  // namespace detail

/// A connection to a monitor: commands and their replies, events, from greeting to end.
///
/// One session is one connection. Connecting again, after the end, is a new session: what to do with the commands of the
/// old one is a question that only the caller can answer.
/// @par Threads Every member may be called from any thread (but moving, assigning and destroying the object itself must
/// not happen while another thread uses it). The work runs on the session's executor, which must not run handlers
/// concurrently: an `io_context` that one thread runs, or a strand. Handlers run on their associated executor, and
/// never inside the call that started the operation.
/// @par Moved from A moved-from session keeps its executor and does nothing: its operations complete with errc::disconnected
/// (commands also with errc::not_sent), async_close() succeeds, async_wait_closed() reports errc::disconnected as the reason,
/// and a stream that it makes has ended.
/// @par Lifetime Destroying the session closes it, as close() does. The session may outlive its execution context, and ends
/// with it: it can then still be moved, closed and destroyed, and greeting() and counters() can be called; all other functions
/// throw `boost::asio::execution::bad_executor`.
class session
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// @param executor where the work runs (see Threads)
    /// @param options limits, deadlines, hooks
    explicit session(executor_type executor, session_options options = {});

    session(session&&) noexcept = default;
    session& operator=(session&& other) noexcept;
    ~session();

    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Dials, awaits the greeting and negotiates capabilities (`oob` if it is offered). The session can be used when it completes.
    /// The session owns a descriptor (endpoint::descriptor()) from then on, and closes it whatever the outcome. A descriptor
    /// that is not a connected stream socket fails immediately: ENOTSOCK, EPROTOTYPE (another type of socket), ENOTCONN (a
    /// listening socket, for example).
    /// @param where the monitor
    /// @par Handler signature `void(error_code)`
    /// @par Errors What the kernel or the resolver said; errc::monitor_busy when the monitor accepted and stayed silent
    /// until the deadline, or has no room to accept; errc::timed_out; errc::disconnected when the peer left; errc::not_qmp,
    /// errc::not_json, errc::negotiation_refused; errc::out_of_memory; errc::already_started on a second call; `operation_aborted` when cancelled.
    /// After an error the session is closed.
    /// @par Cancellation terminal and partial: the connection is closed.
    template <class Token = boost::asio::deferred_t>
    auto async_connect(endpoint where, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_connect>(impl_, std::forward<Token>(token),
                                                                                         std::move(where));
    }

    /// Sends a command and completes with its reply. QEMU's refusal is a reply too, not an error code.
    ///
    /// At most session_options::in_band_window commands are on the wire at once; the others wait on our side, in order.
    /// Out-of-band commands overtake them. A command that carries descriptors goes when no other is on the wire, and no
    /// in-band command goes before it is answered.
    /// @param what the command
    /// @par Handler signature `void(error_code, reply)`
    /// @par Errors errc::disconnected; errc::timed_out; errc::arguments_too_deep, errc::arguments_too_large,
    /// errc::arguments_not_json, errc::out_of_band_unavailable, errc::too_many_descriptors, errc::closed_descriptor,
    /// errc::out_of_memory (nothing was sent); the error that ended the session (errc::not_json, errc::message_too_large,
    /// errc::nested_too_deep, errc::out_of_memory); `operation_aborted` when cancelled. All but the last say whether the
    /// command was sent: errc::not_sent or errc::outcome_unknown. If the session ends before the last byte of a command is
    /// written, the command is not_sent: QEMU cannot execute a part of a command.
    /// @par Cancellation terminal and partial: the command is abandoned; if it was sent its reply is dropped when it
    /// comes, and the session goes on. total: only a command that was not sent yet is cancelled. A reply that has arrived wins
    /// over a cancellation.
    template <class Token = boost::asio::deferred_t>
    auto async_execute(command what, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, reply), &detail::start_execute>(impl_, std::forward<Token>(token),
                                                                                                std::move(what));
    }

    /// async_execute() for coroutines: returns what the command returned.
    ///
    /// Any part of it, moved out or copied, keeps the memory of the whole message; to keep little of much for long, make
    /// `json::value(part, boost::json::storage_ptr())` of it.
    /// @throws command_failed with QEMU's answer
    /// @throws boost::system::system_error with the errors of async_execute()
    [[nodiscard]] boost::asio::awaitable<boost::json::value> execute(command what);

    /// Sends the command, and returns the first event after it that passes the filter. The event may come before the reply or
    /// long after it: neither is missed. An event that comes while the command is still queued on our side does not count.
    /// @param what the command; its timeout() bounds the whole wait
    /// @param until the event to wait for
    /// @throws command_failed if QEMU refuses the command
    /// @throws boost::system::system_error the errors of async_execute(). If the command succeeded but its event did not come:
    /// errc::event_missing (which is errc::timed_out as well) at the deadline, errc::disconnected when the session ends;
    /// neither is errc::not_sent or errc::outcome_unknown, and what() names the event.
    [[nodiscard]] boost::asio::awaitable<event> execute_until(command what, event_filter until);

    /// Sends `quit`. Succeeds when QEMU has answered, and also when QEMU ends the connection after the command was sent: QEMU
    /// may exit before it answers.
    /// @throws command_failed if QEMU refuses
    /// @throws boost::system::system_error errc::disconnected if the session ended before the command was sent
    /// (errc::not_sent), or if this side closed it before the answer came (errc::outcome_unknown); errc::timed_out
    [[nodiscard]] boost::asio::awaitable<void> quit();

    /// Starts a stream of events. It begins with this call: no event that comes later is missed. A stream that is made before
    /// async_connect() misses none at all. Events that come before the session's first stream and first command, for example in
    /// a session that a listener accepts, are kept (session_options::early_events) for its first streams: those that are made
    /// before the next event comes.
    /// @param filter which events
    /// @param capacity how many may be queued in the stream; zero: session_options::event_capacity
    [[nodiscard]] event_stream subscribe(event_filter filter = {}, std::size_t capacity = 0);

    /// Who the peer is. Empty before async_connect() has completed; does not change after.
    [[nodiscard]] coqmp::greeting const& greeting() const noexcept;

    /// Whether out-of-band commands can be sent. False before async_connect() has completed.
    [[nodiscard]] bool out_of_band_enabled() const noexcept;

    /// What has been seen so far.
    [[nodiscard]] session_counters counters() const noexcept;

    /// Ends the session. Commands on the wire complete with errc::disconnected (errc::outcome_unknown), queued commands with
    /// errc::disconnected (errc::not_sent), and streams end. Does not block; does nothing on a session that has ended.
    void close() noexcept;

    /// close(), and completes when the connection is closed and every operation has been given its outcome.
    /// @par Handler signature `void(error_code)`
    /// @par Errors None.
    /// @par Cancellation Not supported: it takes no time.
    template <class Token = boost::asio::deferred_t>
    auto async_close(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_close>(impl_, std::forward<Token>(token));
    }

    /// Completes when the session has ended, with the reason.
    /// @par Handler signature `void(error_code, error_code why)`; `why` is success if this side closed it,
    /// errc::disconnected if the peer did, in whatever way; errc::not_json, errc::message_too_large, errc::nested_too_deep;
    /// errc::out_of_memory if there was no memory for a message of the peer; the error of a failed async_connect().
    /// @par Errors `operation_aborted` when cancelled
    /// @par Cancellation terminal, partial and total.
    template <class Token = boost::asio::deferred_t>
    auto async_wait_closed(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, boost::system::error_code), &detail::start_wait_closed>(
            impl_, std::forward<Token>(token));
    }

private:
    friend class detail::machine_impl;
    detail::owned_impl<detail::session_impl> impl_;
};

}  // namespace coqmp

#endif
