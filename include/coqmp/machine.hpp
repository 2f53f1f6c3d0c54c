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

/// Launches a QEMU, talks to it, ends it. A Linux pidfd watches it: no SIGCHLD handler is involved, and no other child is
/// touched.
/// @par Threads As session.
/// @par Lifetime Destroying a machine that runs kills it (SIGKILL) and reaps it in the background, without blocking. Shut it
/// down first if the guest matters. While it runs the execution context has work: run() does not return. If the program that
/// uses the machine is itself killed, QEMU goes on running. The end of the execution context kills QEMU too; destroying the
/// object afterwards does nothing. A moved-from machine has no process, and cannot start one.
class machine
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Launches nothing yet.
    machine(executor_type executor, machine_spec spec);

    /// The same on the executor of an execution context.
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    machine(ExecutionContext& context, machine_spec spec) : machine(executor_type(context.get_executor()), std::move(spec))
    {}

    machine(machine&&) noexcept = default;
    machine& operator=(machine&& other) noexcept;
    ~machine();

    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Launches the program with the listener's arguments appended and waits until capabilities are negotiated. Whichever
    /// comes first wins: ready, its exit, or the deadline; after a failure the process is gone. One helper thread for the whole
    /// program launches one process after the other, and the executor does not wait for it. On a unix socket only the launched
    /// process, or one that it started, is accepted: machines may share a listener.
    /// @param door where the machine connects; it may run on another execution context, and must live until the machine has
    /// connected
    /// @par Handler signature `void(std::exception_ptr)`: the exception is a start_failed, whose text has the exit status and the
    /// last lines of its standard error, which no error_code can carry.
    /// @par Errors (the code of the exception) errc::launch_failed (no such program, not executable, no process could be
    /// created, a NUL byte in the program, an argument or a variable), errc::machine_exited, errc::timed_out,
    /// errc::already_started, errc::disconnected if this is a moved-from machine or `door` a moved-from listener or one whose
    /// execution context has ended, the errors of session::async_connect(), `operation_aborted` when cancelled or when the
    /// listener was closed before the machine connected.
    /// @par Cancellation terminal and partial: the process is killed.
    template <boost::asio::completion_token_for<void(std::exception_ptr)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(listener& door, Token&& token = Token())
    {
        return detail::initiate<void(std::exception_ptr), &machine::start_throwing>(impl_, std::forward<Token>(token),
                                                                                    road(detail::impl_of(door)));
    }

    /// The same through a socketpair: no address, no file, and no other process can connect.
    template <boost::asio::completion_token_for<void(std::exception_ptr)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(Token&& token = Token())
    {
        return detail::initiate<void(std::exception_ptr), &machine::start_throwing>(impl_, std::forward<Token>(token), road());
    }

    /// async_start() through a listener, for callers that want an error code instead of an exception: with `as_tuple`,
    /// `redirect_error`, callbacks.
    /// @param diagnostics is assigned right before the operation completes: what is known of a machine that did not get ready. It
    /// must live until then, and must not be used meanwhile.
    /// @par Handler signature `void(error_code)`
    /// @par Errors, Cancellation As async_start() through a listener.
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(listener& door, start_diagnostics& diagnostics, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &machine::start_with_diagnostics>(
            impl_, std::forward<Token>(token), road(detail::impl_of(door)), &diagnostics);
    }

    /// The same through a socketpair.
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_start(start_diagnostics& diagnostics, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &machine::start_with_diagnostics>(
            impl_, std::forward<Token>(token), road(), &diagnostics);
    }

    /// The session with it: the same from the beginning to the end. Commands are errc::disconnected until async_start() has
    /// completed; a stream that is made before misses no event. It may be moved out of the machine: the machine still shuts QEMU
    /// down through the same connection, and closes it when the machine is destroyed. A moved-from machine returns the session of
    /// the machine that it was moved to.
    [[nodiscard]] coqmp::session& session() noexcept;

    /// Completes when the process has ended.
    /// @par Handler signature `void(error_code, exit_status)`
    /// @par Errors errc::not_running if it was never started; `operation_aborted` when cancelled. Any number may wait.
    /// @par Cancellation terminal, partial and total.
    template <boost::asio::completion_token_for<void(boost::system::error_code, exit_status)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_wait(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, exit_status), &machine::start_wait>(impl_,
                                                                                                    std::forward<Token>(token));
    }

    /// Ends it, the gentlest way that works within the budget: `system_powerdown` (at most half of the budget, for the guest to
    /// shut down), `quit`, SIGTERM (a quarter between them), and SIGKILL in time for the budget to be kept.
    /// @param budget for all of it. Zero: no limit; each step then takes as long as it can still work, and a guest may ignore its
    /// power button forever. Negative, as the rest of a budget that is used up: SIGKILL at once, as kill() does.
    /// @par Handler signature `void(error_code, exit_status)`
    /// @par Errors errc::not_running if it was never started; `operation_aborted` when cancelled (the process continues). If it
    /// has ended already, completes at once with how it ended.
    /// @par Cancellation terminal, partial and total: the ladder stops where it is.
    template <boost::asio::completion_token_for<void(boost::system::error_code, exit_status)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_shutdown(std::chrono::nanoseconds budget, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, exit_status), &machine::start_shutdown>(
            impl_, std::forward<Token>(token), budget);
    }

    /// Its process id; -1 before it has been started. After its end the number may belong to another process: use it only for
    /// display.
    [[nodiscard]] ::pid_t pid() const noexcept;

    /// The end of its standard error so far, byte for byte as the program wrote it: not safe for a terminal.
    [[nodiscard]] std::string standard_error() const;

    /// Kills the process and the processes that it has started (SIGKILL); async_wait() completes when it is gone. A helper
    /// thread finds the processes, so that this does not block. A process that is still being started is killed as soon as it
    /// exists. Does nothing if there is no process.
    void kill() noexcept;

private:
    using start_handler = detail::pending_handler<void(std::exception_ptr)>;
    using start_code_handler = detail::pending_handler<void(boost::system::error_code)>;
    using exit_handler = detail::pending_handler<void(boost::system::error_code, exit_status)>;
    using impl_pointer = std::shared_ptr<detail::machine_impl>;
    /// Through a listener (none behind one that was moved from), or, if there is no value, through a socketpair.
    using road = std::optional<std::shared_ptr<detail::listener_impl>>;

    static void start_throwing(impl_pointer const& impl, start_handler handler, road const& through);
    static void start_with_diagnostics(impl_pointer const& impl, start_code_handler handler, road const& through,
                                       start_diagnostics* diagnostics);
    static void start_wait(impl_pointer const& impl, exit_handler handler);
    static void start_shutdown(impl_pointer const& impl, exit_handler handler, std::chrono::nanoseconds budget);

    detail::owned_impl<detail::machine_impl> impl_;
};

}  // namespace coqmp

#endif
