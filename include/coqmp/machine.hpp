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
#include <coqmp/start_failed.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/error_code.hpp>

#include <sys/types.h>

#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
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

    machine(machine&&) noexcept = default;
    machine& operator=(machine&& other) noexcept;
    ~machine();

    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Launches the program with the listener's arguments appended and waits until capabilities are negotiated. Whichever
    /// comes first wins: ready, its exit, or the deadline; after a failure the process is gone. One helper thread for the whole
    /// program launches one process after the other, and the executor does not wait for it. On a unix socket only the launched
    /// process, or one that it started, is accepted: machines may share a listener.
    /// @param door where the machine connects; it must live until the machine is ready
    /// @par Handler signature `void(std::exception_ptr)`: the exception is a start_failed, whose text has the exit status and the
    /// last lines of its standard error, which no error_code can carry.
    /// @par Errors (the code of the exception) errc::launch_failed (no such program, not executable, no process could be
    /// created, a NUL byte in the program, an argument or a variable), errc::machine_exited, errc::timed_out,
    /// errc::already_started, errc::disconnected if this is a moved-from machine or `door` a moved-from listener, the errors of
    /// session::async_connect(), `operation_aborted`.
    /// @par Cancellation terminal and partial: the process is killed.
    template <class Token = boost::asio::deferred_t>
    auto async_start(listener& door, Token&& token = Token())
    {
        return detail::initiate<void(std::exception_ptr), &machine::start_with_listener>(impl_, std::forward<Token>(token),
                                                                                         door.door());
    }

    /// The same through a socketpair: no address, no file, and no other process can connect.
    template <class Token = boost::asio::deferred_t>
        requires(!std::same_as<std::remove_cvref_t<Token>, listener>)
    auto async_start(Token&& token = Token())
    {
        return detail::initiate<void(std::exception_ptr), &machine::start_with_pair>(impl_, std::forward<Token>(token));
    }

    /// The session with it. Use it after async_start() has completed: before, every command is errc::disconnected, and a start
    /// through a listener replaces the session, so that earlier streams see none of its events. It may be moved out of the
    /// machine: the machine still shuts QEMU down through the same connection, and closes it when the machine is destroyed. A
    /// moved-from machine returns the session of the machine that it was moved to.
    [[nodiscard]] coqmp::session& session() noexcept;

    /// Completes when the process has ended.
    /// @par Handler signature `void(error_code, exit_status)`
    /// @par Errors errc::not_running if it was never started; `operation_aborted` when cancelled. Any number may wait.
    /// @par Cancellation terminal, partial and total.
    template <class Token = boost::asio::deferred_t>
    auto async_wait(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, exit_status), &machine::start_wait>(impl_,
                                                                                                    std::forward<Token>(token));
    }

    /// Ends it, the gentlest way that works within the budget: `system_powerdown` (at most half of the budget, for the guest to
    /// shut down), `quit`, SIGTERM (a quarter between them), and SIGKILL in time for the budget to be kept.
    /// @param budget for all of it; zero: SIGKILL at once
    /// @par Handler signature `void(error_code, exit_status)`
    /// @par Errors errc::not_running if it was never started; `operation_aborted` when cancelled (the process continues). If it
    /// has ended already, completes at once with how it ended.
    /// @par Cancellation terminal, partial and total: the ladder stops where it is.
    template <class Token = boost::asio::deferred_t>
    auto async_shutdown(std::chrono::nanoseconds budget, Token&& token = Token())
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
    using exit_handler = detail::pending_handler<void(boost::system::error_code, exit_status)>;
    using impl_pointer = std::shared_ptr<detail::machine_impl>;

    static void start_with_listener(impl_pointer const& impl, start_handler handler, std::shared_ptr<detail::listener_impl> door);
    static void start_with_pair(impl_pointer const& impl, start_handler handler);
    static void start_wait(impl_pointer const& impl, exit_handler handler);
    static void start_shutdown(impl_pointer const& impl, exit_handler handler, std::chrono::nanoseconds budget);

    detail::owned_impl<detail::machine_impl> impl_;
};

}  // namespace coqmp

#endif
