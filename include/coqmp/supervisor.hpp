// Many machines in one process, their policies and their states.
// Invariant: it never starts a second QEMU for a machine while the first may live, and never restarts one that its owner stopped.
#ifndef COQMP_SUPERVISOR_HPP
#define COQMP_SUPERVISOR_HPP

#include <coqmp/command.hpp>
#include <coqmp/detail/closing_impl.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/lifecycle.hpp>
#include <coqmp/machine_end.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/session_options.hpp>
#include <coqmp/supervision_policy.hpp>
#include <coqmp/supervisor_options.hpp>
#include <coqmp/supervisor_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <sys/types.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

class monitor_proxy;

namespace detail {
class supervisor_impl;
boost::asio::any_io_executor executor_of(supervisor_impl const& impl) noexcept;
void close_impl(supervisor_impl& impl) noexcept;

// The operations, from any thread. A moved-from supervisor passes no implementation.
using supervisor_pointer = std::shared_ptr<supervisor_impl>;
using optional_budget = std::optional<std::chrono::nanoseconds>;
void start_machine_stop(supervisor_pointer const& impl, pending_handler<void(boost::system::error_code, machine_end)>&& handler,
                        std::string const& name, optional_budget budget);
void start_machine_removal(supervisor_pointer const& impl, pending_handler<void(boost::system::error_code)>&& handler,
                           std::string const& name);
void start_machine_release(supervisor_pointer const& impl, pending_handler<void(boost::system::error_code)>&& handler,
                           std::string const& name);
void start_release_of_all(supervisor_pointer const& impl,
                          pending_handler<void(boost::system::error_code, std::size_t)>&& handler);
void start_machine_execute(supervisor_pointer const& impl, pending_handler<void(boost::system::error_code, reply)>&& handler,
                           std::string const& name, command&& request);
void start_shutdown_of_all(supervisor_pointer const& impl, pending_handler<void(boost::system::error_code)>&& handler,
                           std::chrono::nanoseconds budget);
}  // namespace detail

/// Starts machines, keeps them running as their policies say, and shuts them down. It knows from QEMU's events why a machine ended:
/// one that panicked is restarted, one that its guest or its owner shut down stays down, and one that fails again and again is
/// given up. A machine that was paused for lack of space is resumed when there is space again; one that a client has paused is not.
/// @code
/// coqmp::supervisor machines{executor};
/// coqmp::change_stream changes = machines.subscribe();
/// machines.add("vm7", spec);
/// machines.start("vm7");
/// while (auto change = co_await changes.next())
///     std::cout << *change << '\n';
/// @endcode
/// With supervisor_options::directory, the machines and their desired states (up or down) survive this program.
/// @par Threads as session; changes and event filters are handled on the executor
/// @par Moved from A moved-from supervisor has no machines.
/// @par Lifetime Destroying the supervisor kills its machines (SIGKILL), as destroying a `machine` does: release those that are to
/// live on (async_release(), or machine_spec::release_when_destroyed), and shut the others down first if their guests matter. It
/// happens on the executor: at once if that runs here, else when it runs next. Operations that wait complete with
/// `operation_aborted`, and streams end. The end of the execution context has the same effect on the machines.
/// @see examples/supervisor.cpp
class supervisor
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// @param executor where the work runs
    /// @param options limits, and where the desired states of the machines are stored
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    /// @throws boost::system::system_error the directory cannot be used, most often because another supervisor uses it
    explicit supervisor(executor_type executor, supervisor_options options = {});

    /// The same with the executor of an execution context.
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    explicit supervisor(ExecutionContext& context, supervisor_options options = {})
        : supervisor(executor_type(context.get_executor()), std::move(options))
    {}

    /// Where the work runs. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept { return detail::executor_of(*impl_.pointer()); }

    // ---- Machines ----------------------------------------------------------------------------------------------------------

    /// Makes a machine known. Starts nothing, unless an earlier supervisor with the same directory wanted it up: then it is
    /// adopted if its QEMU still runs, and otherwise the policy decides whether it is started again.
    /// @param name for all other functions: letters, digits, `.`, `_` and `-`, at most 64; the first is a letter or a digit
    /// @param spec what is launched
    /// @param policy what the supervisor does when the machine ends, hangs, panics or is stopped
    /// @param after machines that start before this one, and are shut down after it, if they are to run at all. They may be added
    /// later.
    /// @throws boost::system::system_error, whose text says what is wrong, with errc::invalid_name, errc::name_in_use,
    /// `invalid_argument` (the order would be circular, the user of the spec does not exist, or supervision_policy::is_observed
    /// is set), errc::invalid_record (what an earlier supervisor has stored cannot be read: it is left alone), or the kernel's
    /// error
    void add(std::string const& name, machine_spec spec, supervision_policy policy = {}, std::vector<std::string> after = {});

    /// Makes a QEMU of another owner known. It is watched on a monitor of its own (`-qmp unix:PATH,server=on,wait=off`), but never
    /// acted on: it is asked for its run state, and its changes and events are reported. The supervisor connects to it as soon as
    /// possible, and again whenever the connection ends, with pauses that grow to a minute. Until the first connection, it is
    /// `defined`. Its end is not seen directly: it counts as stopped when its connection ends after an event that announced its
    /// end, or when no process listens at the address. Nothing is stored about it.
    ///
    /// start() and restart() do nothing for such a machine, async_stop() fails, async_shutdown() leaves it alone, and
    /// async_remove() and async_release() only forget it. async_execute() executes any command.
    /// @param name as for add()
    /// @param monitor its address, which no other client uses
    /// @param policy only its probe_interval, its probe_time and its limits of a boot loop matter
    /// @param session options of its sessions
    /// @throws boost::system::system_error errc::invalid_name, errc::name_in_use
    void observe(std::string const& name, endpoint monitor, supervision_policy policy = {}, session_options session = {});

    /// Changes how a machine is launched, what the supervisor does with it, and its place in the order. The policy and the order
    /// apply at once, the spec from the next launch on: the current process, its session and its streams stay as they are.
    /// @param name of the machine
    /// @param spec, policy, after as for add(), except that the order may be circular, so that several machines can be changed one
    /// by one; meanwhile, one of its links is ignored.
    /// @throws boost::system::system_error errc::no_such_machine, `invalid_argument` (supervision_policy::is_observed is set, the
    /// machine is only observed, or the user does not exist), or the kernel's error
    void update(std::string const& name, machine_spec spec, supervision_policy policy, std::vector<std::string> after = {});

    /// The machine is to run: now, and until it is stopped. Forgets earlier failures. Does not continue a guest that is paused.
    /// Of a machine that runs, does nothing.
    /// @throws boost::system::system_error errc::no_such_machine
    void start(std::string_view name);

    /// Shuts the machine down as supervision_policy::shutdown says, and starts a new QEMU. Starts a machine that is down.
    /// @throws boost::system::system_error errc::no_such_machine
    void restart(std::string_view name);

    /// Shuts the machine down, as machine::async_shutdown() does; it stays down until it is started. Completes when its process has
    /// ended, at once if it has none.
    /// @param name of the machine
    /// @param budget nothing: that of supervision_policy::shutdown. Zero: no limit. Negative: SIGKILL at once
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, machine_end)`: how its last process ended
    /// @par Errors errc::no_such_machine; `operation_not_permitted`: the machine is only observed; `operation_aborted`: cancelled,
    /// or the supervisor was destroyed, or the machine was removed or released meanwhile; the kernel's: the process has ended, but
    /// it could not be stored that the machine is to stay down
    /// @par Cancellation terminal, partial and total: the wait ends; the machine is shut down all the same.
    template <boost::asio::completion_token_for<void(boost::system::error_code, machine_end)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_stop(std::string name, std::optional<std::chrono::nanoseconds> budget = std::nullopt,
                                  Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, machine_end), &detail::start_machine_stop>(
            impl_, std::forward<Token>(token), std::move(name), budget);
    }

    /// Stops a machine, and forgets it and its desired state.
    /// @param name of the machine
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors errc::no_such_machine; `operation_aborted`: the supervisor was destroyed
    /// @par Cancellation none
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_remove(std::string name, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_machine_removal>(
            impl_, std::forward<Token>(token), std::move(name));
    }

    /// Lets the machine live on without this supervisor, which then does not know it any more; during a start or a stop, when
    /// that is over. The next supervisor with the same directory adopts it.
    /// @param name of the machine
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors errc::no_such_machine; errc::cannot_release: the supervisor has no directory, or the machine has just ended;
    /// `operation_aborted`: the supervisor was destroyed; the kernel's: the machine lives on, but its record could not be
    /// written, so that the next supervisor cannot adopt it (and starts no second one)
    /// @par Cancellation none
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_release(std::string name, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_machine_release>(
            impl_, std::forward<Token>(token), std::move(name));
    }

    /// Lets all machines live on without this supervisor, as async_release() does, before its program ends. A machine that its owner
    /// is stopping or restarting, or that async_shutdown() is shutting down, is released at once: the next supervisor continues
    /// that, and has the whole budget of the machine's policy for it. Completes when every start and every shutdown for another
    /// reason is over.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, std::size_t)`: how many could not be released, usually because they had just ended
    /// @par Errors errc::cannot_release: the supervisor has no directory; `operation_aborted`: the supervisor was destroyed
    /// @par Cancellation none
    template <boost::asio::completion_token_for<void(boost::system::error_code, std::size_t)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_release_all(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, std::size_t), &detail::start_release_of_all>(
            impl_, std::forward<Token>(token));
    }

    /// Shuts all machines down within one budget, each before those that it was started after. Meanwhile none is started. What
    /// their owner wants of them stays as it is: with a directory, a supervisor starts them again after the next boot of the
    /// host. On the same boot their policies decide, as for machines that ended while no supervisor watched.
    /// @param budget for all. Zero: no limit. Negative: SIGKILL at once
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors errc::timed_out: a process cannot be killed; `operation_aborted`: cancelled, or the supervisor was destroyed
    /// @par Cancellation terminal, partial and total: the wait ends; the machines are shut down all the same.
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_shutdown(std::chrono::nanoseconds budget, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_shutdown_of_all>(
            impl_, std::forward<Token>(token), budget);
    }

    // ---- Commands ----------------------------------------------------------------------------------------------------------

    /// Sends a command to the process that the machine has at the moment, as session::async_execute() does. A `stop` is remembered:
    /// the supervisor does not resume the machine. With a directory, the `stop` is sent once this is on the disk, and fails with
    /// errc::not_sent if it cannot be stored. A `quit` counts as a stop by the owner, like
    /// async_stop().
    /// @param name of the machine
    /// @param request the command
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, reply)`
    /// @par Errors errc::no_such_machine; errc::disconnected, which is errc::not_sent: the machine is down, or not ready; those of
    /// session::async_execute()
    /// @par Cancellation as session::async_execute()
    template <boost::asio::completion_token_for<void(boost::system::error_code, reply)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_execute(std::string name, command request, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, reply), &detail::start_machine_execute>(
            impl_, std::forward<Token>(token), std::move(name), std::move(request));
    }

    /// async_execute() for coroutines: returns what the command returned.
    /// @throws command_failed with the error that QEMU returned
    /// @throws boost::system::system_error with the errors of async_execute(); what() names the command
    /// @par Cancellation as async_execute()
    [[nodiscard]] boost::asio::awaitable<boost::json::value> execute(std::string name, command request);

    /// Offers the machine's monitor to the clients of a proxy. From now on, the proxy uses the session of each of the machine's
    /// processes, as with monitor_proxy::use(), whenever one is launched, adopted or connected again. Between two processes the
    /// proxy has no session: monitor_proxy_options::hold says what happens to its clients then.
    ///
    /// What the clients do counts as if it came through async_execute(): a guest that one of them has paused is not resumed, even
    /// if it was already paused for lack of space, and `quit` is a stop by the owner. (With monitor_proxy::use() or a monitor of
    /// QEMU's own, the supervisor cannot know of a `stop` while a disk is full, because QEMU does not report it.) A `stop` that
    /// cannot be stored is refused, and the client's later commands wait while it is being stored.
    /// @code
    /// coqmp::monitor_proxy clients{executor};
    /// clients.listen(coqmp::endpoint::unix_socket("/run/vm7.qmp"));
    /// machines.offer_monitor("vm7", clients);
    /// @endcode
    /// @param name of the machine
    /// @param proxy for this machine only, with the executor of the supervisor. It may be destroyed before or after the machine
    /// and the supervisor; until then it belongs to the machine.
    /// @throws boost::system::system_error errc::no_such_machine
    /// @throws std::invalid_argument if the proxy has another executor
    void offer_monitor(std::string_view name, monitor_proxy const& proxy);

    // ---- What happens ------------------------------------------------------------------------------------------------------

    /// Starts a stream of the changes of all machines from now on.
    /// @param capacity how many may be queued in it; zero: supervisor_options::change_capacity
    [[nodiscard]] change_stream subscribe(std::size_t capacity = 0);

    /// Starts a stream of the events of all machines from now on.
    /// @param filter which events
    /// @param capacity how many may be queued in it; zero: supervisor_options::event_capacity
    [[nodiscard]] machine_event_stream subscribe_events(event_filter filter = {}, std::size_t capacity = 0);

    /// The names of all machines, in order.
    [[nodiscard]] std::vector<std::string> names() const;

    /// The names of machines that an earlier supervisor has left in supervisor_options::directory, with a desired state or with a
    /// QEMU that may be running, and that were not added to this supervisor. Reads the directory.
    /// @throws boost::system::system_error the kernel's error
    [[nodiscard]] std::vector<std::string> stored_names() const;

    /// The newest status that was reported.
    /// @throws boost::system::system_error errc::no_such_machine
    [[nodiscard]] machine_status status(std::string_view name) const;

    /// machine_status::state of status().
    /// @throws boost::system::system_error errc::no_such_machine
    [[nodiscard]] lifecycle state(std::string_view name) const { return status(name).state; }

    /// The process id of the machine; nothing if it has no process, or has not become ready yet.
    /// @throws boost::system::system_error errc::no_such_machine
    [[nodiscard]] std::optional<::pid_t> pid(std::string_view name) const;

private:
    detail::closing_impl<detail::supervisor_impl> impl_;
};

}  // namespace coqmp

#endif
