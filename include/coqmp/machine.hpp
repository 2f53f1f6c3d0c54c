// One QEMU process and the session with it.
// Invariant: a machine that was started is reaped; its process does not outlive the object.
#ifndef COQMP_MACHINE_HPP
#define COQMP_MACHINE_HPP

#include <coqmp/detail/initiation.hpp>
#include <coqmp/error.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/listener.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/session.hpp>
#include <coqmp/start_diagnostics.hpp>
#include <coqmp/start_failed.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
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

namespace detail {
class machine_impl;
boost::asio::any_io_executor executor_of(machine_impl const& impl) noexcept;
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
/// first if the guest matters. While QEMU runs, `io_context::run()` does not return. If the program that uses the machine is
/// itself killed, QEMU goes on running. The end of the execution context kills QEMU, too; the machine can then still be moved and
/// destroyed, and its `async_` functions throw `boost::asio::execution::bad_executor`.
/// @see examples/demo.cpp, examples/many_machines.cpp
class machine
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Starts nothing yet.
    /// @param executor where the work runs
    /// @param spec what to launch; the machine keeps a copy
    /// @throws boost::asio::execution::bad_executor if the executor is empty
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
    /// - errc::machine_exited, errc::timed_out, errc::already_started;
    /// - errc::disconnected: this machine or the listener was moved from, or the listener's execution context has ended;
    /// - the errors of session::async_connect();
    /// - `operation_aborted`: cancelled, or the listener was closed before the machine connected.
    /// @par Cancellation terminal and partial: the process is killed.
    /// @see examples/listener.cpp
    template <boost::asio::completion_token_for<void(std::exception_ptr)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(listener& on, Token&& token = Token())
    {
        return detail::initiate<void(std::exception_ptr), &machine::start_throwing>(impl_, std::forward<Token>(token),
                                                                                    route(detail::impl_of(on)));
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
        return detail::initiate<void(std::exception_ptr), &machine::start_throwing>(impl_, std::forward<Token>(token), route());
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
        return detail::initiate<void(boost::system::error_code), &machine::start_with_diagnostics>(
            impl_, std::forward<Token>(token), route(detail::impl_of(on)), &diagnostics);
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
        return detail::initiate<void(boost::system::error_code), &machine::start_with_diagnostics>(
            impl_, std::forward<Token>(token), route(), &diagnostics);
    }

    /// The session connected to this QEMU; it is the same session before and after the start. Until async_start() has completed,
    /// commands fail with errc::disconnected; a stream that is made before the start misses no event. The session may be moved out
    /// of the machine: the machine still shuts QEMU down through the same connection, and closes it when the machine is
    /// destroyed.
    /// @par Lifetime The reference is valid until the machine is destroyed, also after it was moved: a moved-from machine returns
    /// the session of the machine that it was moved to.
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
        return detail::initiate<void(boost::system::error_code, exit_status), &machine::start_wait>(impl_,
                                                                                                    std::forward<Token>(token));
    }

    /// Shuts QEMU down as gently as the budget allows: `system_powerdown` (at most half of the budget, for the guest to shut
    /// down), then `quit`, then SIGTERM (a quarter for both), and SIGKILL in time for the budget to be kept.
    /// @param budget for all steps. Zero: no limit; each step then takes as long as it can still work, and a guest may ignore its
    /// power button forever. If negative (when nothing is left of an outer budget, for example), sends SIGKILL at once, as kill()
    /// does.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, exit_status)`
    /// @par Errors errc::not_running: never started, the start failed, or moved from; `operation_aborted`: cancelled, or the
    /// machine was destroyed. If the process has already ended, it completes at once with the exit status.
    /// @par Cancellation terminal, partial and total: no further step is taken; the process goes on.
    /// @see examples/many_machines.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, exit_status)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_shutdown(std::chrono::nanoseconds budget, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, exit_status), &machine::start_shutdown>(
            impl_, std::forward<Token>(token), budget);
    }

    /// The process id; -1 before the process has been started. After its end the number may belong to another process: use it only
    /// for display.
    [[nodiscard]] ::pid_t pid() const noexcept;

    /// The end of the process' standard error so far (machine_spec::error_tail), byte for byte as the program wrote it: not safe for
    /// a terminal.
    [[nodiscard]] std::string standard_error() const;

    /// Kills the process and the processes that it has started (SIGKILL); async_wait() completes when it is gone. Does not block: a
    /// helper thread finds the processes. A process that is still being started is killed as soon as it exists. Does nothing if
    /// there is no process.
    void kill() noexcept;

private:
    using start_handler = detail::pending_handler<void(std::exception_ptr)>;
    using start_code_handler = detail::pending_handler<void(boost::system::error_code)>;
    using exit_handler = detail::pending_handler<void(boost::system::error_code, exit_status)>;
    using impl_pointer = std::shared_ptr<detail::machine_impl>;
    /// Through a listener (none behind one that was moved from), or, if there is no value, through a socketpair.
    using route = std::optional<std::shared_ptr<detail::listener_impl>>;

    static void start_throwing(impl_pointer const& impl, start_handler handler, route const& through);
    static void start_with_diagnostics(impl_pointer const& impl, start_code_handler handler, route const& through,
                                       start_diagnostics* diagnostics);
    static void start_wait(impl_pointer const& impl, exit_handler handler);
    static void start_shutdown(impl_pointer const& impl, exit_handler handler, std::chrono::nanoseconds budget);

    detail::owned_impl<detail::machine_impl> impl_;
};

}  // namespace coqmp

#endif
