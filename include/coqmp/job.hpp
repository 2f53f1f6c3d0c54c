// A job that runs inside QEMU: a mirror, a backup, a commit, the creation of an image, a snapshot.
// Invariant: a wait ends when the job has ended, however that happens, and when the session has ended.
#ifndef COQMP_JOB_HPP
#define COQMP_JOB_HPP

#include <coqmp/command.hpp>
#include <coqmp/detail/closing_impl.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/error.hpp>
#include <coqmp/job_end.hpp>
#include <coqmp/job_failed.hpp>
#include <coqmp/job_info.hpp>
#include <coqmp/job_progress.hpp>
#include <coqmp/job_state.hpp>
#include <coqmp/job_verb.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/schema.hpp>
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
#include <vector>

namespace coqmp {

class job;

namespace detail {
class job_impl;
boost::asio::any_io_executor executor_of(job_impl const& impl) noexcept;
void close_impl(job_impl& impl) noexcept;

// The operations, from any thread. A moved-from job passes no implementation.
using job_impl_pointer = std::shared_ptr<job_impl>;
job_impl_pointer impl_of(job const& handle) noexcept;
void start_job_start(job_impl_pointer const& impl, pending_handler<void(boost::system::error_code, reply)>&& handler);
void start_job_wait(job_impl_pointer const& impl, pending_handler<void(boost::system::error_code, job_end)>&& handler);
void start_job_run(job_impl_pointer const& impl, pending_handler<void(boost::system::error_code, job_end)>&& handler);
void start_job_cancel(job_impl_pointer const& impl, pending_handler<void(boost::system::error_code, job_end)>&& handler);
void start_job_wait_ready(job_impl_pointer const& impl, pending_handler<void(boost::system::error_code, job_progress)>&& handler);
void start_job_next(job_impl_pointer const& impl, pending_handler<void(boost::system::error_code, job_progress)>&& handler);
void start_job_control(job_impl_pointer const& impl, pending_handler<void(boost::system::error_code, reply)>&& handler,
                       job_verb verb);
}  // namespace detail

/// Starts a job and follows it. The events of the job are subscribed to before the command is sent, so that none is missed.
/// @param on the session; it may be moved or destroyed while the job lives
/// @param request a command that starts a job: `blockdev-mirror`, `blockdev-backup`, `block-commit`, `block-stream`,
/// `blockdev-create`, `drive-mirror`, `drive-backup`, `snapshot-save`, `snapshot-load`, `snapshot-delete`. Its `job-id` becomes
/// the id of the job; without one, an id is chosen. Unless the command says otherwise, QEMU is asked to keep the job when it has
/// ended (`auto-dismiss: false`), so that its error is not lost, and the job is dismissed as soon as its outcome is known.
/// @param known what this QEMU understands, from query_schema(). It says whether the command has the argument `auto-dismiss`. If it
/// is empty, QEMU's version decides, which is right for all releases of QEMU, but perhaps not for one that a distributor has changed.
/// @return the job, which QEMU has accepted, and which may have ended already
/// @throws command_failed with the error that QEMU returned
/// @throws boost::system::system_error with the errors of session::async_execute()
/// @par Cancellation terminal and partial: the command is abandoned. If it was sent, the job may run: see find_jobs().
/// @see examples/block_job.cpp
[[nodiscard]] boost::asio::awaitable<job> start_job(session& on, command request, schema const& known = {});

/// Starts a job and does what job::run() does.
/// @param on the session
/// @param request as for start_job()
/// @param known as for start_job()
/// @throws command_failed if QEMU refuses the command; job_failed and boost::system::system_error as job::run()
/// @par Cancellation as job::run(), also while the command that starts the job is on its way
[[nodiscard]] boost::asio::awaitable<void> run_job(session& on, command request, schema const& known = {});

/// The same, and reports the progress as job::run() does.
/// @param on the session
/// @param request as for start_job()
/// @param on_progress as for job::run()
/// @param known as for start_job()
/// @throws what run_job() without it throws, and what `on_progress` throws
/// @par Cancellation as job::run(), also while the command that starts the job is on its way
[[nodiscard]] boost::asio::awaitable<void> run_job(session& on, command request,
                                                   std::function<void(job_progress const&)> on_progress,
                                                   schema const& known = {});

/// The jobs that QEMU has, including those that other clients started. QEMU 2.12 and older list only block jobs.
/// @param on the session
/// @throws command_failed if QEMU lists no jobs; boost::system::system_error with the errors of session::async_execute()
/// @par Cancellation as session::async_execute()
[[nodiscard]] boost::asio::awaitable<std::vector<job_info>> find_jobs(session& on);

/// Follows a job that exists: one that another client started, or this one before its session ended. If it has ended, QEMU may
/// still have it, and wait() says how it ended. It is not dismissed, unless run() or dismiss() is called.
/// @param on the session
/// @param id its id; that of a block job without a `job-id` is the name of its device
/// @throws job_failed with errc::job_vanished if QEMU has no such job
/// @throws boost::system::system_error errc::disconnected, `operation_aborted`
/// @par Cancellation terminal, partial and total
[[nodiscard]] boost::asio::awaitable<job> attach_job(session& on, std::string id);

/// A job in QEMU, which it follows by QEMU's events, and by QEMU's list of jobs where events are missing.
///
/// Destroying it, or assigning another job to it, detaches from the job, which goes on in QEMU. To end the job, call cancel(), or
/// cancel a run().
/// @code
/// coqmp::job mirror = co_await coqmp::start_job(vm, command);
/// co_await mirror.run([](coqmp::job_progress const& now) { std::cout << now << '\n'; });
/// @endcode
/// A mirror never ends by itself: run() pivots when it is ready; wait() would wait forever.
/// @par Threads as session. The work runs on the session's executor.
/// @par Moved from The operations of a moved-from job complete with errc::disconnected.
/// @par Lifetime Destroying the job completes its operations with `operation_aborted`, never blocks, and sends nothing. A job that
/// was to be dismissed when it ends then stays in QEMU's list until a client dismisses it. The job may outlive its session: its
/// operations then complete with errc::disconnected, and attach_job() follows the job through another session. It may outlive its
/// execution context, as a session may.
/// @see examples/block_job.cpp
class job
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Makes a job that async_start() will start; start_job() does both. Its events are subscribed to from now on.
    /// @param on the session
    /// @param request as for start_job()
    /// @param known as for start_job()
    /// @throws boost::asio::execution::bad_executor if the session's execution context is gone
    job(session const& on, command request, schema const& known = {});

    /// Follows a job that may exist; attach_job() also makes sure that it does.
    /// @param on the session
    /// @param id its id
    /// @throws boost::asio::execution::bad_executor if the session's execution context is gone
    [[nodiscard]] static job with_id(session const& on, std::string id);

    /// The session's executor. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept;

    /// The job's id in QEMU.
    /// @see examples/block_job.cpp
    [[nodiscard]] std::string id() const;

    /// What is known now; asks nothing of QEMU.
    [[nodiscard]] job_progress progress() const;

    /// How often QEMU is asked for the progress while async_next_progress() or next_progress() waits. 500 ms by default.
    /// @param interval at least 1 ms
    void progress_interval(std::chrono::nanoseconds interval);

    /// Sends the command that starts the job.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, reply)`
    /// @par Errors those of session::async_execute(); errc::already_started. If the command was sent and not answered, the job is
    /// followed if there turns out to be one.
    /// @par Cancellation terminal and partial: the command is abandoned.
    template <boost::asio::completion_token_for<void(boost::system::error_code, reply)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, reply), &detail::start_job_start>(impl_,
                                                                                                  std::forward<Token>(token));
    }

    /// Completes with news: when the state changes, and each time that QEMU reports progress of a job at work. What was missed between two calls
    /// is not delivered later; only the newest progress is.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, job_progress)`
    /// @par Errors errc::end_of_stream: the job or the session has ended, and the last state was delivered;
    /// errc::operation_in_progress: another read waits; errc::not_running: async_start() was not called; `operation_aborted`
    /// @par Cancellation terminal, partial and total: the read ends.
    template <boost::asio::completion_token_for<void(boost::system::error_code, job_progress)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_next_progress(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, job_progress), &detail::start_job_next>(
            impl_, std::forward<Token>(token));
    }

    /// async_next_progress() for loops: returns nothing once the job or the session has ended.
    /// @throws boost::system::system_error with the other errors of async_next_progress()
    /// @par Cancellation as async_next_progress()
    /// @see examples/block_job.cpp
    [[nodiscard]] boost::asio::awaitable<std::optional<job_progress>> next_progress();

    /// Completes when the job has ended and, if it is to be dismissed, QEMU has forgotten it. Any number of operations may wait.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, job_end)`
    /// @par Errors errc::disconnected: the session has ended, and the job may go on; errc::not_running: async_start() was not
    /// called; `operation_aborted`: cancelled, or the job object was destroyed
    /// @par Cancellation terminal, partial and total: the wait ends; the job goes on.
    template <boost::asio::completion_token_for<void(boost::system::error_code, job_end)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, job_end), &detail::start_job_wait>(impl_,
                                                                                                   std::forward<Token>(token));
    }

    /// Waits until the job has completed.
    /// @throws job_failed with QEMU's error if the job failed, was cancelled or has vanished
    /// @throws boost::system::system_error with the errors of async_wait()
    /// @par Cancellation as async_wait()
    [[nodiscard]] boost::asio::awaitable<void> wait();

    /// Completes when the job needs complete() (its state is job_state::ready) or finalize() (job_state::pending), and when it has
    /// ended: jobs other than mirrors and commits of the active layer never get ready.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, job_progress)`
    /// @par Errors as async_wait()
    /// @par Cancellation terminal, partial and total: the wait ends; the job goes on.
    template <boost::asio::completion_token_for<void(boost::system::error_code, job_progress)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait_ready(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, job_progress), &detail::start_job_wait_ready>(
            impl_, std::forward<Token>(token));
    }

    /// async_wait_ready(), and throws if the job has failed. @return job_state::ready, pending, concluded or null
    /// @throws job_failed as wait(); boost::system::system_error with the errors of async_wait()
    /// @par Cancellation as async_wait_ready()
    [[nodiscard]] boost::asio::awaitable<job_state> wait_ready();

    /// Does all that is left to do: waits until the job is ready and completes it (a mirror pivots then), finalizes it if its
    /// command said `auto-finalize: false`, waits until it has ended, and dismisses it.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, job_end)`; job_outcome::refused if QEMU refuses to complete or finalize the job,
    /// which then goes on.
    /// @par Errors as async_wait()
    /// @par Cancellation terminal, partial and total: the job is cancelled in QEMU; the operation completes with
    /// `operation_aborted`, and with how the job ended, when it has ended. A second cancellation ends only the operation.
    template <boost::asio::completion_token_for<void(boost::system::error_code, job_end)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_run(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, job_end), &detail::start_job_run>(impl_,
                                                                                                  std::forward<Token>(token));
    }

    /// async_run(), and throws if the job does not complete.
    /// @param on_progress called on the session's executor with the news that async_next_progress() delivers, and not after run()
    /// has completed; empty: not called. It receives the states `running`, `paused`, `ready` and `standby`, and perhaps, for a
    /// moment, `created`, `waiting`, `pending` and `aborting`. The last call reports that the job has ended; it is the only one
    /// with `concluded`, and no call has `null`. There is no such last call if run() ends before the job does. If `on_progress`
    /// throws, it is not called again, the job is cancelled in QEMU, and run() throws the exception when the job has ended. If
    /// another operation is already reading the progress, that operation gets the news, and `on_progress` gets only the last call.
    /// With g++ 12, give a lambda with captures a name before the `co_await` expression: inside the expression, the compiler
    /// destroys it twice.
    /// @throws job_failed with QEMU's error if the job failed, was cancelled or has vanished, or if QEMU refused to complete it; its
    /// code is errc::job_cancelled if the job was cancelled, by run() or by another client
    /// @throws boost::system::system_error with the errors of async_run()
    /// @throws what `on_progress` throws
    /// @par Cancellation terminal, partial and total: the job is cancelled in QEMU, and `on_progress` is called until it has ended.
    /// run() then reports how the job ended, as usual: if the job completed before QEMU cancelled it, run() returns normally, and
    /// the coroutine's next co_await throws `operation_aborted`. A second cancellation ends only run(), with `operation_aborted`.
    /// @see examples/block_job.cpp
    [[nodiscard]] boost::asio::awaitable<void> run(std::function<void(job_progress const&)> on_progress = {});

    /// Cancels the job (a mirror does not pivot, even if it is ready), and completes when it has ended. It may have completed or
    /// failed before QEMU executed the cancellation: the job_end says so. Does nothing to a job that has ended.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, job_end)`; job_outcome::refused if QEMU does not cancel the job, which then goes on
    /// @par Errors as async_wait()
    /// @par Cancellation terminal, partial and total: the wait ends; QEMU may cancel the job nevertheless.
    /// @see examples/block_job.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, job_end)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_cancel(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, job_end), &detail::start_job_cancel>(impl_,
                                                                                                     std::forward<Token>(token));
    }

    /// Asks something of the job; completes with QEMU's reply. The functions below throw if QEMU refuses.
    /// @param verb job_verb::cancel only sends the command; async_cancel() also waits
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, reply)`
    /// @par Errors as session::async_execute()
    /// @par Cancellation as session::async_execute()
    template <boost::asio::completion_token_for<void(boost::system::error_code, reply)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_control(job_verb verb, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, reply), &detail::start_job_control>(
            impl_, std::forward<Token>(token), verb);
    }

    /// Pauses the job. @throws command_failed if QEMU refuses; system_error with the errors of session::async_execute()
    [[nodiscard]] boost::asio::awaitable<void> pause();
    /// Resumes the job, also after an I/O error. @throws as pause()
    [[nodiscard]] boost::asio::awaitable<void> resume();
    /// Completes a job that is ready: a mirror pivots to its target. QEMU has accepted it then; wait() says when it is done.
    /// @throws as pause()
    [[nodiscard]] boost::asio::awaitable<void> complete();
    /// Has a job that is pending make its changes. @throws as pause()
    [[nodiscard]] boost::asio::awaitable<void> finalize();
    /// Has QEMU forget a job that has concluded. Necessary only where the command said `auto-dismiss: false`, and for jobs of
    /// attach_job(). @throws as pause()
    [[nodiscard]] boost::asio::awaitable<void> dismiss();

private:
    friend detail::job_impl_pointer detail::impl_of(job const& handle) noexcept;

    explicit job(std::shared_ptr<detail::job_impl> impl) noexcept : impl_(std::move(impl)) {}

    detail::closing_impl<detail::job_impl> impl_;
};

}  // namespace coqmp

#endif
