// One QEMU process and the session with it.
// Invariant: a machine that was started is reaped; its process does not outlive the object, unless it was released.
#ifndef COQMP_MACHINE_HPP
#define COQMP_MACHINE_HPP

#include <coqmp/descriptor.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/error.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/listener.hpp>
#include <coqmp/machine_end.hpp>
#include <coqmp/machine_record.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/run_state.hpp>
#include <coqmp/session.hpp>
#include <coqmp/shutdown_options.hpp>
#include <coqmp/start_diagnostics.hpp>
#include <coqmp/start_failed.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/system/error_code.hpp>

#include <sys/types.h>

#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coqmp {

class machine;

namespace detail {
class machine_impl;
boost::asio::any_io_executor executor_of(machine_impl const& impl) noexcept;

/// How a machine connects: through a listener (none behind one that was moved from), or, if there is no value, by a socketpair.
using machine_route = std::optional<std::shared_ptr<listener_impl>>;

// The operations, from any thread. A moved-from machine passes no implementation.
using machine_impl_pointer = std::shared_ptr<machine_impl>;
/// None of a machine that was moved from.
machine_impl_pointer impl_of(machine const& handle) noexcept;
void start_machine_launch(machine_impl_pointer const& impl, pending_handler<void(std::exception_ptr)>&& handler,
                          machine_route const& through, std::optional<descriptor> const& lock);
void start_machine_diagnosed_launch(machine_impl_pointer const& impl, pending_handler<void(boost::system::error_code)>&& handler,
                                    machine_route const& through, start_diagnostics* diagnostics);
void start_machine_adoption(machine_impl_pointer const& impl, pending_handler<void(std::exception_ptr)>&& handler,
                            machine_route const& through, machine_record const& record);
void start_machine_state_wait(machine_impl_pointer const& impl,
                              pending_handler<void(boost::system::error_code, run_state)>&& handler, run_state known);
void start_machine_wait(machine_impl_pointer const& impl,
                        pending_handler<void(boost::system::error_code, exit_status)>&& handler);
void start_machine_shutdown(machine_impl_pointer const& impl,
                            pending_handler<void(boost::system::error_code, exit_status)>&& handler,
                            shutdown_options const& options);
}  // namespace detail

/// Starts a QEMU process, connects to it, and shuts it down. A Linux pidfd watches the process: no SIGCHLD handler is involved,
/// and no other child is touched.
/// @code
/// coqmp::machine_spec spec;
/// spec.arguments = {"-M", "none", "-display", "none", "-S"};
/// coqmp::machine machine{executor, spec};
/// co_await machine.async_start();
/// auto status = co_await machine.session().execute("query-status");
/// co_await machine.async_shutdown(10s);
/// @endcode
/// @par Threads as session
/// @par Moved from A moved-from machine has no process, and cannot start one.
/// @par Lifetime Destroying a machine that runs kills it (SIGKILL) and reaps it in the background, without blocking. Shut it down
/// first if the guest matters, release() it, or launch it with
/// machine_spec::release_when_destroyed. While QEMU runs, `io_context::run()` does not return. If the program that uses
/// the machine is itself killed, the kernel kills QEMU, too (launch_options::parent_death_signal). A QEMU that was launched with
/// machine_spec::outlives_us keeps running instead, and can be adopted.
/// The end of the execution context has the same effect as destroying the machine. The machine can then still be moved and
/// destroyed, and its `async_` functions throw `boost::asio::execution::bad_executor`.
/// @see examples/demo.cpp, examples/many_machines.cpp, examples/adopt.cpp
class machine
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Starts nothing yet.
    /// @param executor where the work runs
    /// @param spec what to launch; the machine keeps a copy
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    /// @see examples/demo.cpp
    machine(executor_type executor, machine_spec spec);

    /// The same with the executor of an execution context.
    /// @param context an `io_context`, for example
    /// @param spec what to launch; the machine keeps a copy
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    machine(ExecutionContext& context, machine_spec spec) : machine(executor_type(context.get_executor()), std::move(spec))
    {}

    machine(machine&&) noexcept = default;
    /// Destroys the machine that is replaced.
    machine& operator=(machine&& other) noexcept;
    ~machine();

    /// Where the work runs. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Launches the program with the listener's arguments appended. Completes when capabilities are negotiated, the program has
    /// exited, or the deadline has passed. If it fails, the process has been killed. All machines share one helper thread, which
    /// starts processes one at a time; the executor does not wait for it. On a unix socket only the launched process, or one that
    /// it started, is accepted: machines may share a listener.
    /// @param on where the machine connects; it may run on another execution context, and must live until the machine has
    /// connected
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(std::exception_ptr)`: the exception is a start_failed, whose text has the exit status and the
    /// last lines of QEMU's standard error, which an error code cannot carry.
    /// @par Errors (the code of the exception)
    /// - errc::launch_failed: there is no such program, it is not executable, no process could be created, or the program, an
    ///   argument or a variable contains a NUL byte;
    /// - errc::machine_exited, errc::timed_out, errc::already_started, errc::out_of_memory;
    /// - errc::disconnected: this machine or the listener was moved from, or the listener's execution context has ended;
    /// - the errors of session::async_connect();
    /// - `operation_aborted`: cancelled, or the listener was closed before the machine connected.
    /// @par Cancellation terminal and partial: the process is killed.
    /// @see examples/listener.cpp
    template <boost::asio::completion_token_for<void(std::exception_ptr)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(listener& on, Token&& token = Token())
    {
        return detail::initiate<void(std::exception_ptr), &detail::start_machine_launch>(
            impl_, std::forward<Token>(token), detail::machine_route(detail::impl_of(on)), std::optional<descriptor>());
    }

    /// Launches the program with one end of a socketpair: there is no address and no file, and no other process can connect. All
    /// else is as with a listener.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(std::exception_ptr)`: the exception is a start_failed
    /// @par Errors as with a listener
    /// @par Cancellation terminal and partial: the process is killed.
    /// @see examples/demo.cpp
    template <boost::asio::completion_token_for<void(std::exception_ptr)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(Token&& token = Token())
    {
        return detail::initiate<void(std::exception_ptr), &detail::start_machine_launch>(
            impl_, std::forward<Token>(token), detail::machine_route(), std::optional<descriptor>());
    }

    /// async_start() with a listener, for callers that want an error code instead of an exception: `as_tuple`, `redirect_error`,
    /// callbacks.
    /// @param on where the machine connects
    /// @param diagnostics is assigned right before the operation completes: what is known of a machine that did not get ready. It
    /// must live until then, and must not be used meanwhile.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors the codes of the exceptions of async_start() with a listener
    /// @par Cancellation terminal and partial: the process is killed.
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(listener& on, start_diagnostics& diagnostics, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_machine_diagnosed_launch>(
            impl_, std::forward<Token>(token), detail::machine_route(detail::impl_of(on)), &diagnostics);
    }

    /// The same with a socketpair.
    /// @param diagnostics as with a listener
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors the codes of the exceptions of async_start()
    /// @par Cancellation terminal and partial: the process is killed.
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(start_diagnostics& diagnostics, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_machine_diagnosed_launch>(
            impl_, std::forward<Token>(token), detail::machine_route(), &diagnostics);
    }

    /// The session connected to this QEMU; it is the same session before and after the start. Until async_start() has completed,
    /// commands fail with errc::disconnected; a stream that is made before the start misses no event. The session may be moved
    /// out of the machine: the machine still shuts QEMU down through the same connection, and closes it when the machine is
    /// destroyed.
    /// @par Lifetime The reference is valid until the machine is destroyed, also after it was moved: a moved-from machine returns
    /// the session of the machine that it was moved to.
    /// @see examples/demo.cpp
    [[nodiscard]] coqmp::session& session() noexcept;

    /// Completes when the process has ended. Any number of operations may wait.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, exit_status)`
    /// @par Errors errc::not_running: never started, the start failed, or moved from; `operation_aborted`: cancelled, or the
    /// machine was destroyed
    /// @par Cancellation terminal, partial and total: the wait ends; the process goes on.
    /// @see examples/demo.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, exit_status)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, exit_status), &detail::start_machine_wait>(
            impl_, std::forward<Token>(token));
    }

    /// Shuts QEMU down as gently as the budget allows: `system_powerdown`, then `quit`, then SIGTERM, and SIGKILL in time for the
    /// budget to be kept. A step ends early when it has worked, or when it cannot work. If the machine is being shut down
    /// already, the earlier time for each step counts. end() says afterwards which step was the last.
    /// @param options the budget, the time of each step, and whether the guest is asked
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, exit_status)`
    /// @par Errors errc::not_running: never started, the start failed, or moved from; `operation_aborted`: cancelled, or the
    /// machine was destroyed. If the process has already ended, it completes at once with the exit status.
    /// @par Cancellation terminal, partial and total: no further step is taken, unless another shutdown goes on; the process
    /// goes on.
    /// @see examples/many_machines.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, exit_status)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_shutdown(shutdown_options options, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, exit_status), &detail::start_machine_shutdown>(
            impl_, std::forward<Token>(token), options);
    }

    /// The same with the default options and another budget.
    /// @param budget shutdown_options::budget
    template <boost::asio::completion_token_for<void(boost::system::error_code, exit_status)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_shutdown(std::chrono::nanoseconds budget, Token&& token = Token())
    {
        return async_shutdown(shutdown_options(budget), std::forward<Token>(token));
    }

    /// The process id; -1 before the process has been started. After its end the number may belong to another process: use it
    /// only for display.
    /// @see examples/demo.cpp
    [[nodiscard]] ::pid_t pid() const noexcept;

    /// The end of the process' standard error so far (machine_spec::error_tail), byte for byte as the program wrote it: not safe
    /// for a terminal. It is complete when async_wait() has completed.
    [[nodiscard]] std::string standard_error() const;

    /// How and why the process ended, as far as its exit status and its events show: nothing while it runs, and if no process has
    /// been started. It is known when async_wait(), async_shutdown() and async_wait_state_change() report the end, and when a start has
    /// failed. Nothing after release().
    /// @par Threads safe from any thread
    /// @see examples/machine_end.cpp
    [[nodiscard]] std::optional<machine_end> end() const;

    /// The machine's run state, as QEMU last reported it. QEMU is asked when the machine is ready, and after each event that may
    /// mean a change. run_state::unknown before the first answer, after the end, and if QEMU does not answer. QEMU sends
    /// no event for some changes: a `stop` in the state `io-error` causes none, and the end of an incoming migration under `-S`
    /// may cause none. In states that pass without an event, such as `finish-migrate`, QEMU is asked again every 100 ms.
    /// @par Threads safe from any thread
    [[nodiscard]] run_state state() const noexcept;

    /// Completes when the run state differs from `known`. If the state changes several times between two calls,
    /// only the newest one is delivered.
    /// @code
    /// for (auto state = coqmp::run_state::unknown;;) {
    ///     state = co_await vm.async_wait_state_change(state);  // throws errc::not_running at the end: see end()
    ///     std::cout << state << '\n';                          // prelaunch, running, io-error, ...
    /// }
    /// @endcode
    /// @param known what state() or this function returned before; run_state::unknown waits for the first state
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, run_state)`
    /// @par Errors errc::not_running: the process has ended, the start has failed, or moved from; `operation_aborted`: cancelled, or
    /// the machine was destroyed or released. Before the start, it waits.
    /// @par Cancellation terminal, partial and total: the wait ends.
    template <boost::asio::completion_token_for<void(boost::system::error_code, run_state)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait_state_change(run_state known, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, run_state), &detail::start_machine_state_wait>(
            impl_, std::forward<Token>(token), known);
    }

    /// What another process needs to adopt the machine. Write it to a file as soon as the machine is ready, so that the machine
    /// can be adopted even if this program is killed. The machine still belongs to this object, and the record stays the same for
    /// as long as QEMU runs, also after adoptions: delete the file when the machine has ended.
    /// @throws boost::system::system_error errc::cannot_release, with the reason in its text: as release()
    /// @par Threads safe from any thread
    /// @see examples/adopt.cpp
    [[nodiscard]] machine_record record() const;

    /// Leaves QEMU running without this program and ends everything else: the session closes, async_wait() and async_shutdown()
    /// complete with `operation_aborted`, and destroying the machine does nothing to QEMU. The guest does not notice. If QEMU
    /// ends while this program is still running, the library reaps it. Write record() to a file first: if that fails, the
    /// machine is still this program's.
    /// @return record()
    /// @throws boost::system::system_error errc::cannot_release, with the reason in its text: the machine was launched without
    /// machine_spec::outlives_us, is not ready, was told to shut down, has ended, or was released before or moved from. In that case
    /// nothing changes.
    /// @par Threads safe from any thread
    /// @see examples/adopt.cpp
    machine_record release();

    /// Takes over a running machine that another process or this one launched: waits until QEMU connects to the listener, and
    /// negotiates. QEMU retries once a second, so an adoption takes a second or two. The machine then behaves like one launched
    /// here: it is watched, can be shut down or released again, and is killed when the object is destroyed, also by an exception. If
    /// the adoption fails, QEMU keeps running.
    ///
    /// Events from before the adoption are lost: use `query-status`, `query-block` and `query-jobs` to learn the current state.
    /// QEMU's first events may arrive before the caller can create a stream; session_options::early_events keeps them. The
    /// kernel reports an exit status only to the parent, so the status of an adopted machine is unknown; end() still gives the
    /// reason that QEMU's events show.
    /// @code
    /// auto const record = coqmp::machine_record::load("/run/vm7.record");
    /// if (!record)
    ///     co_return;  // there is nothing to adopt
    /// coqmp::machine vm = co_await coqmp::machine::adopt(*record);
    /// @endcode
    /// @param on listens at the record's monitor; several machines may share it. It must outlive the operation.
    /// @param record from record() or release()
    /// @param options of the machine's session; their connect_timeout limits the whole adoption
    /// @throws start_failed, whose text says what is wrong, with
    /// - errc::not_the_machine: the machine has ended, perhaps because the host was rebooted;
    /// - errc::machine_exited: it ended meanwhile; errc::timed_out: it did not connect in time: QEMU hangs, or another
    ///   program listens on that path;
    /// - errc::disconnected: the listener was moved from, or its execution context has ended; errc::out_of_memory; the errors of
    ///   session::async_connect(); the kernel's error if the process cannot be watched (EMFILE);
    /// - `operation_aborted`: cancelled, or the listener was closed.
    /// @par Cancellation terminal and partial: QEMU keeps running.
    /// @see examples/adopt.cpp
    [[nodiscard]] static boost::asio::awaitable<machine> adopt(listener& on, machine_record record, session_options options = {});

    /// The same with a listener of its own at the record's monitor, for as long as the adoption takes.
    /// @param record from record() or release()
    /// @param options as with a listener
    /// @throws start_failed as with a listener; boost::system::system_error if the listener cannot be made: see listener::listener()
    /// @par Cancellation terminal and partial: QEMU keeps running.
    /// @see examples/adopt.cpp
    [[nodiscard]] static boost::asio::awaitable<machine> adopt(machine_record record, session_options options = {});

    /// Starts a machine that outlives this program, or takes it over if an earlier run left it running. A program that may be
    /// restarted while its machine runs needs nothing else. The machine behaves like one with machine_spec::outlives_us and
    /// machine_spec::release_when_destroyed: this program ends it only with async_shutdown() and kill(). If the earlier QEMU runs but
    /// cannot be adopted, this function fails; it never starts a second one beside it. A QEMU whose program was killed before it could
    /// write the record is found, too: it holds a lock in the directory.
    /// @code
    /// coqmp::machine vm = co_await coqmp::machine::adopt_or_start(spec, "/var/lib/vm7");
    /// @endcode
    /// @param spec what to launch if there is nothing to adopt; only spec.session and spec.start_timeout matter for an adoption
    /// @param directory for this machine alone; it is created (mode 0700) if it does not exist. It holds the socket `monitor`,
    /// the machine's `record`, its `lock`, and its `log`. Standard error goes to the log if the spec would discard it, and
    /// standard output if the spec would have it inherited.
    /// @throws start_failed as async_start() with a listener, and as adopt(), but a machine that has ended is not an error;
    /// boost::system::system_error if a file cannot be written, if the record is damaged, or if the socket cannot be used, most
    /// often because another program manages this machine
    /// @par Cancellation terminal and partial: a machine that is being launched is killed, one that is being adopted keeps running.
    /// @see examples/adopt.cpp
    [[nodiscard]] static boost::asio::awaitable<machine> adopt_or_start(machine_spec spec, std::string directory);

    /// Kills the process and the processes that it has started (SIGKILL); async_wait() completes when it is gone. Does not
    /// block: a helper thread finds the processes. A process that is still being started is killed as soon as it exists. Does
    /// nothing if there is no process.
    /// @see examples/reconnecting.cpp
    void kill() noexcept;

private:
    static boost::asio::awaitable<machine> adopt_as(machine_spec spec, listener& on, machine_record record);
    friend detail::machine_impl_pointer detail::impl_of(machine const& handle) noexcept;

    detail::owned_impl<detail::machine_impl> impl_;
};

/// Waits until the machine is in this run state. A state that passes quickly may be missed.
/// @param of the machine; it may be moved while the function waits
/// @param goal for example run_state::paused. If the machine has not been started yet, the function waits for that, too.
/// @throws boost::system::system_error with the errors of machine::async_wait_state_change()
/// @par Cancellation terminal, partial and total: the wait ends.
[[nodiscard]] boost::asio::awaitable<void> wait_for_state(machine& of, run_state goal);

}  // namespace coqmp

#endif
