// The migration of a guest from one QEMU to another.
// Invariant: a wait ends when the migration has ended, however that happens, and when the session has ended.
#ifndef COQMP_MIGRATION_HPP
#define COQMP_MIGRATION_HPP

#include <coqmp/command.hpp>
#include <coqmp/detail/closing_impl.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/error.hpp>
#include <coqmp/migration_end.hpp>
#include <coqmp/migration_failed.hpp>
#include <coqmp/migration_progress.hpp>
#include <coqmp/migration_spec.hpp>
#include <coqmp/migration_state.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coqmp {

class migration;

namespace detail {
class migration_impl;
boost::asio::any_io_executor executor_of(migration_impl const& impl) noexcept;
void close_impl(migration_impl& impl) noexcept;

// The operations, from any thread. A moved-from migration passes no implementation.
using migration_impl_pointer = std::shared_ptr<migration_impl>;
void start_migration_wait(migration_impl_pointer const& impl,
                          pending_handler<void(boost::system::error_code, migration_end)>&& handler);
void start_migration_run(migration_impl_pointer const& impl,
                         pending_handler<void(boost::system::error_code, migration_end)>&& handler);
void start_migration_cancel(migration_impl_pointer const& impl,
                            pending_handler<void(boost::system::error_code, migration_end)>&& handler);
void start_migration_wait_for(migration_impl_pointer const& impl,
                              pending_handler<void(boost::system::error_code, migration_progress)>&& handler,
                              migration_state goal);
void start_migration_next(migration_impl_pointer const& impl,
                          pending_handler<void(boost::system::error_code, migration_progress)>&& handler);
}  // namespace detail

/// Sets the capabilities and parameters, and starts the migration of the guest to another QEMU.
/// @param source the session with the guest's QEMU; it may be moved or destroyed while the migration lives
/// @param spec the destination, which must be ready: see receive_migration()
/// @return the migration, which QEMU has accepted, and which may have failed already
/// @throws command_failed with the error that QEMU returned to one of the commands
/// @throws boost::system::system_error with the errors of session::async_execute()
/// @par Cancellation terminal and partial: the command on its way is abandoned; the migration may have started.
/// @see migrate()
[[nodiscard]] boost::asio::awaitable<migration> start_migration(session& source, migration_spec spec);

/// Sets the capabilities and parameters, and makes a QEMU that was started with `-incoming defer` ready to receive a guest.
/// @param destination the session with that QEMU
/// @param spec the address at which the destination listens; the spec for start_migration() can be used here, too
/// @return the same migration, seen from its destination. It has completed when the guest has arrived; wait_for_state() waits
/// until it runs there. If the migration fails, the destination's QEMU exits, and its session ends: machine::standard_error() has
/// its reason.
/// @throws as start_migration()
/// @par Cancellation as start_migration()
/// @see migrate(), which does all this for two machines of one program, and finds that reason
[[nodiscard]] boost::asio::awaitable<migration> receive_migration(session& destination, migration_spec spec);

/// Follows the migration that a QEMU is in, or the next one if there is none, whichever client started it. The outcome of a
/// migration that has ended is reported as long as QEMU knows it.
/// @param of the session with the QEMU of the source or of the destination
/// @throws boost::asio::execution::bad_executor if the session's execution context is gone
[[nodiscard]] migration attach_migration(session const& of);

/// A migration, which it follows by QEMU's events (the capability `events`), and by `query-migrate`.
///
/// Destroying it, or assigning another one to it, detaches from the migration, which goes on in QEMU. To end the migration, call
/// cancel(), or cancel a run().
/// @code
/// coqmp::migration arrival = co_await coqmp::receive_migration(destination, where);
/// coqmp::migration departure = co_await coqmp::start_migration(source, where);
/// co_await departure.run(print);
/// co_await arrival.wait();
/// @endcode
/// @par Threads as session. The work runs on the session's executor.
/// @par Moved from The operations of a moved-from migration complete with errc::disconnected.
/// @par Lifetime Destroying the object completes its operations with `operation_aborted`, never blocks, and sends nothing. It may
/// outlive its session, whose end completes its operations with errc::disconnected, and its execution context.
/// @see migrate()
class migration
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// The session's executor. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept;

    /// What is known now; asks nothing of QEMU.
    [[nodiscard]] migration_progress progress() const;

    /// How often QEMU is asked for the progress while async_next_progress() or next_progress() waits. 500 ms by default.
    /// @param interval at least 1 ms
    void progress_interval(std::chrono::nanoseconds interval);

    /// Completes with news: when the state changes, and each time that QEMU reports progress (see progress_interval()). The
    /// final state arrives together with what QEMU reports about the end, such as the downtime. What was missed between two calls
    /// is not delivered later; only the newest progress is.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, migration_progress)`
    /// @par Errors errc::end_of_stream: the migration or the session has ended, and the last state was delivered;
    /// errc::operation_in_progress: another read waits; `operation_aborted`
    /// @par Cancellation terminal, partial and total: the read ends.
    template <
        boost::asio::completion_token_for<void(boost::system::error_code, migration_progress)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_next_progress(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, migration_progress), &detail::start_migration_next>(
            impl_, std::forward<Token>(token));
    }

    /// async_next_progress() for loops: returns nothing once the migration or the session has ended.
    /// @throws boost::system::system_error with the other errors of async_next_progress()
    /// @par Cancellation as async_next_progress()
    [[nodiscard]] boost::asio::awaitable<std::optional<migration_progress>> next_progress();

    /// Completes when the migration has ended. Any number of operations may wait.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, migration_end)`
    /// @par Errors errc::disconnected: the session has ended, and the migration may go on; `operation_aborted`: cancelled, or the
    /// object was destroyed
    /// @par Cancellation terminal, partial and total: the wait ends; the migration goes on.
    template <boost::asio::completion_token_for<void(boost::system::error_code, migration_end)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, migration_end), &detail::start_migration_wait>(
            impl_, std::forward<Token>(token));
    }

    /// Waits until the migration has completed.
    /// @throws migration_failed with QEMU's error if it failed or was cancelled
    /// @throws boost::system::system_error with the errors of async_wait()
    /// @par Cancellation as async_wait()
    [[nodiscard]] boost::asio::awaitable<void> wait();

    /// Completes when the migration is in this state, and when it has ended. A state that passes quickly may be missed.
    /// @param goal migration_state::pre_switchover, postcopy_active or postcopy_paused, for example
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, migration_progress)`
    /// @par Errors as async_wait()
    /// @par Cancellation terminal, partial and total: the wait ends; the migration goes on.
    template <
        boost::asio::completion_token_for<void(boost::system::error_code, migration_progress)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait_for(migration_state goal, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, migration_progress), &detail::start_migration_wait_for>(
            impl_, std::forward<Token>(token), goal);
    }

    /// async_wait(), but cancelling it cancels the migration in QEMU.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, migration_end)`
    /// @par Errors as async_wait()
    /// @par Cancellation terminal, partial and total: the migration is cancelled; the operation completes with
    /// `operation_aborted`, and with how the migration ended, when it has ended. In postcopy a cancellation would lose the guest:
    /// the operation then completes at once, with migration_outcome::refused, and the migration goes on. A second cancellation ends
    /// only the operation.
    template <boost::asio::completion_token_for<void(boost::system::error_code, migration_end)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_run(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, migration_end), &detail::start_migration_run>(
            impl_, std::forward<Token>(token));
    }

    /// async_run(), and throws if the migration does not complete.
    /// @param on_progress called on the session's executor with the news that async_next_progress() delivers, and not after run()
    /// has completed; empty: not called. The last call reports that the migration has `completed`, `failed` or `cancelled`; there
    /// is none if run() ends earlier. If `on_progress` throws, it is not called again, the migration is cancelled in QEMU, and
    /// run() throws the exception when the migration has ended, or at once in postcopy, where it goes on. If another operation is
    /// already reading the progress, that operation gets the news, and `on_progress` gets only the last call. With g++ 12, give a
    /// lambda with captures a name before the `co_await` expression: inside the expression, the compiler destroys it twice.
    /// @throws migration_failed with QEMU's error if the migration did not complete; its code is errc::migration_cancelled if it was
    /// cancelled, by run() or by another client
    /// @throws boost::system::system_error with the errors of async_run()
    /// @throws what `on_progress` throws
    /// @par Cancellation terminal, partial and total: the migration is cancelled in QEMU, and `on_progress` is called until it has
    /// ended. run() then reports how it ended, as usual: if it completed before QEMU cancelled it, run() returns normally, and
    /// the coroutine's next co_await throws `operation_aborted`. In postcopy the migration goes on, and run() throws
    /// migration_failed with migration_outcome::refused. A second cancellation ends only run(), with `operation_aborted`.
    [[nodiscard]] boost::asio::awaitable<void> run(std::function<void(migration_progress const&)> on_progress = {});

    /// Cancels the migration, and completes when it has ended. It may have completed or failed before QEMU executed the
    /// cancellation: the migration_end says so. If the migration has already ended, nothing is sent, and the operation completes
    /// with how it ended. In postcopy nothing is sent either, because cancelling would lose the guest.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, migration_end)`; migration_outcome::refused in postcopy, and if QEMU refuses
    /// @par Errors as async_wait()
    /// @par Cancellation terminal, partial and total: the wait ends; QEMU may cancel the migration nevertheless.
    template <boost::asio::completion_token_for<void(boost::system::error_code, migration_end)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_cancel(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, migration_end), &detail::start_migration_cancel>(
            impl_, std::forward<Token>(token));
    }

    /// Switches to postcopy (capability `postcopy-ram`): the guest goes on at the destination, which fetches memory as it is needed.
    /// @throws command_failed if QEMU refuses; system_error with the errors of session::async_execute()
    [[nodiscard]] boost::asio::awaitable<void> start_postcopy();

    /// Lets a migration in migration_state::pre_switchover go on. @throws as start_postcopy()
    [[nodiscard]] boost::asio::awaitable<void> proceed();

    /// Interrupts a migration in postcopy, whose connection is broken or hangs: it gets postcopy_paused on both sides.
    /// Not before the destination has left the run state `inmigrate`: without its devices the guest would be lost.
    /// @throws as start_postcopy()
    [[nodiscard]] boost::asio::awaitable<void> pause();

    /// At the destination of a migration in postcopy_paused: listens for the source at a new address.
    /// @param uri the new address
    /// @throws as start_postcopy()
    [[nodiscard]] boost::asio::awaitable<void> accept_recovery(std::string uri);

    /// At the source of a migration in postcopy_paused: connects again and continues, after accept_recovery() at the destination.
    /// @param uri the address of the destination
    /// @throws as start_postcopy()
    [[nodiscard]] boost::asio::awaitable<void> recover(std::string uri);

private:
    friend boost::asio::awaitable<migration> start_migration(session& source, migration_spec spec);
    friend boost::asio::awaitable<migration> receive_migration(session& destination, migration_spec spec);
    friend migration attach_migration(session const& of);

    explicit migration(std::shared_ptr<detail::migration_impl> impl) noexcept : impl_(std::move(impl)) {}

    detail::closing_impl<detail::migration_impl> impl_;
};

}  // namespace coqmp

#endif
