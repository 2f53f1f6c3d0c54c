// A connection to the guest agent (qemu-ga), a program that runs in a guest and acts for its host.
// Invariant: an answer is never taken for another command's, and what was opened or frozen is closed and thawed.
#ifndef COQMP_GUEST_AGENT_HPP
#define COQMP_GUEST_AGENT_HPP

#include <coqmp/command.hpp>
#include <coqmp/command_failed.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/guest_agent_info.hpp>
#include <coqmp/guest_agent_options.hpp>
#include <coqmp/guest_freeze.hpp>
#include <coqmp/guest_program.hpp>
#include <coqmp/guest_program_result.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coqmp {

class guest_agent;

namespace detail {
class guest_agent_impl;
boost::asio::any_io_executor executor_of(guest_agent_impl const& impl) noexcept;
/// What stands behind an agent, for a machine's shutdown; none behind one that was moved from.
std::shared_ptr<guest_agent_impl> impl_of(guest_agent const& handle) noexcept;

// The operations, from any thread. A moved-from guest_agent passes no implementation.
void start_agent_connect(std::shared_ptr<guest_agent_impl> const& impl,
                         pending_handler<void(boost::system::error_code)>&& handler, endpoint&& address);
void start_agent_execute(std::shared_ptr<guest_agent_impl> const& impl,
                         pending_handler<void(boost::system::error_code, reply)>&& handler, command&& request);
}  // namespace detail

/// A connection to the guest agent of one guest. It executes one command at a time, as the agent does; the others wait in order.
///
/// QEMU passes the agent on through a socket: `-chardev socket,id=ga,path=PATH,server=on,wait=off -device virtio-serial
/// -device virtserialport,chardev=ga,name=org.qemu.guest_agent.0`. The socket accepts a connection whether or not an agent
/// runs in the guest, and what an earlier client left behind, a part of a command or an answer, is still in it. Therefore this
/// object synchronizes with the agent (0xFF and `guest-sync-delimited`) before its first command, and again after each command
/// that was sent and not answered: a late answer is dropped. Agents of any age are understood, with and without ids.
/// @code
/// coqmp::guest_agent agent{executor};
/// co_await agent.async_connect(coqmp::endpoint::unix_socket("/run/vm7-agent.sock"));
/// auto list = co_await agent.exec(coqmp::guest_program("/bin/ls").argument("/"));
/// std::string name = co_await agent.read_file("/etc/hostname");
/// @endcode
/// A guest that reboots or loses its agent does not end the connection: commands fail with errc::agent_not_responding until an
/// agent runs again. If the connection ends, make a new object.
/// @par Errors Every function that sends a command has the errors of async_execute(); coroutines throw them as
/// `boost::system::system_error`, and throw command_failed for an error that the agent returned. The agent returns
/// `CommandNotFound` for a command that it does not know, that is disabled (see info()), or that is not allowed while the guest
/// is frozen.
/// @par Threads Every member may be called from any thread, but do not move, assign or destroy the object while another thread
/// uses it. The work runs on the object's executor, which must not run handlers concurrently. A coroutine runs on its caller's
/// executor.
/// @par Moved from A moved-from object keeps its executor and does nothing: its operations fail with errc::disconnected
/// (errc::not_sent).
/// @par Lifetime Destroying the object closes it, as close() does, and never blocks. Operations that were started keep what they
/// need. It may outlive its execution context, and then does nothing.
/// @see examples/guest_agent.cpp
class guest_agent
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Does not connect yet.
    /// @param executor where the work runs (see Threads)
    /// @param options limits and hooks; the object keeps a copy
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    /// @see examples/guest_agent.cpp
    explicit guest_agent(executor_type executor, guest_agent_options options = {});

    /// The same with the executor of an execution context.
    /// @param context an `io_context`, for example
    /// @param options limits and hooks; the object keeps a copy
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    explicit guest_agent(ExecutionContext& context, guest_agent_options options = {})
        : guest_agent(executor_type(context.get_executor()), std::move(options))
    {}

    guest_agent(guest_agent&&) noexcept = default;
    /// Closes the connection that is replaced.
    guest_agent& operator=(guest_agent&& other) noexcept;
    ~guest_agent();

    /// Where the work runs. Empty once the execution context is gone.
    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Dials, and waits until the agent answers. While the agent is silent, it is asked again after each
    /// guest_agent_options::sync_timeout, so this also waits for a guest that is booting.
    /// @param address where QEMU offers the agent's port
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors
    /// - errc::agent_not_responding: no answer within session_options::connect_timeout. The connection stays open, and each
    /// later command
    ///   tries again to synchronize;
    /// - errc::not_guest_agent; errc::disconnected: the peer ended the connection, or the object was closed before;
    /// - the error of the kernel or of the resolver; errc::timed_out: dialing took too long;
    /// - errc::already_started: a second call; errc::out_of_memory;
    /// - `operation_aborted`: cancelled, or the object was closed.
    /// @par Cancellation terminal, partial and total: the object is closed.
    /// @see examples/guest_agent.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_connect(endpoint address, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_agent_connect>(impl_, std::forward<Token>(token),
                                                                                               std::move(address));
    }

    /// Sends a command and completes with its reply. An error that the agent returns is a reply, too, and not an error code.
    ///
    /// `guest-shutdown` and `guest-suspend-*` have no answer if they succeed. They complete with a reply that holds `null` when
    /// the agent has received the command and has returned no error within guest_agent_options::error_wait, or when the
    /// connection ends after the command was sent. An error that comes later is dropped.
    /// @param request the command. Its timeout(), or else session_options::command_timeout (guest_agent_options::freeze_timeout
    /// for commands that freeze, thaw or trim), bounds the wait from this call to the answer
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, reply)`
    /// @par Errors reply::was_sent() says whether the command was sent, whatever the error. So do errc::not_sent and
    /// errc::outcome_unknown, one of which holds for every error but `operation_aborted`.
    /// - errc::agent_not_responding: the agent did not answer `guest-sync-delimited`, so the command was not sent;
    /// - errc::timed_out, errc::disconnected, errc::not_guest_agent;
    /// - errc::arguments_too_deep, errc::arguments_too_large, errc::arguments_not_json, errc::out_of_band_unavailable,
    ///   errc::out_of_memory: nothing was sent;
    /// - errc::not_json, errc::message_too_large, errc::nested_too_deep: the connection ended because of it;
    /// - `operation_aborted`: cancelled.
    /// @par Cancellation terminal and partial: the command is abandoned; its late answer is dropped. total: only a queued
    /// command is cancelled.
    template <boost::asio::completion_token_for<void(boost::system::error_code, reply)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_execute(command request, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, reply), &detail::start_agent_execute>(
            impl_, std::forward<Token>(token), std::move(request));
    }

    /// async_execute() for coroutines: returns what the command returned, for example the interfaces of the guest with
    /// `guest-network-get-interfaces`.
    /// @param request the command
    /// @throws command_failed, boost::system::system_error (see Errors above)
    /// @par Cancellation as async_execute()
    [[nodiscard]] boost::asio::awaitable<boost::json::value> execute(command request);

    /// Returns when the agent has answered `guest-ping`.
    /// @throws command_failed, boost::system::system_error (see Errors above)
    /// @par Cancellation as async_execute()
    [[nodiscard]] boost::asio::awaitable<void> ping();

    /// Which commands the agent knows, and which of them are enabled.
    /// @throws command_failed, boost::system::system_error (see Errors above); errc::malformed_answer
    /// @par Cancellation as async_execute()
    /// @see examples/guest_agent.cpp
    [[nodiscard]] boost::asio::awaitable<guest_agent_info> info();

    /// Runs a program in the guest, and returns when it has ended: how, and what it wrote. The agent is asked after 10 ms, and
    /// then after longer and longer pauses, up to a second.
    /// @param program the program, its arguments, environment and input
    /// @throws command_failed (a program that does not exist), boost::system::system_error (see Errors above); errc::timed_out
    /// after guest_program::timeout(); errc::malformed_answer
    /// @par Cancellation terminal and partial: the wait ends. The agent cannot end a program: it goes on, and so it does after a
    /// timeout; the agent keeps its output until its own end.
    /// @see examples/guest_agent.cpp
    [[nodiscard]] boost::asio::awaitable<guest_program_result> exec(guest_program program);

    /// Reads a file in the guest, in chunks. The file in the guest is closed on success, on errors and on cancellation.
    /// @param path the file in the guest
    /// @throws command_failed, boost::system::system_error (see Errors above); errc::file_too_large: over
    /// guest_agent_options::max_file_size; errc::malformed_answer
    /// @par Cancellation terminal and partial: the transfer ends. The file is closed in the background, also if it is only being
    /// opened then. Only if opening it times out, its handle is not known, and the agent keeps it until its own end.
    /// @see examples/guest_agent.cpp
    [[nodiscard]] boost::asio::awaitable<std::string> read_file(std::string path);

    /// Reads a part of a file.
    /// @param path the file in the guest
    /// @param offset of the first byte
    /// @param count bytes; fewer are returned if the file ends before
    /// @throws as read_file()
    /// @par Cancellation as read_file()
    /// @see examples/guest_agent.cpp
    [[nodiscard]] boost::asio::awaitable<std::string> read_file(std::string path, std::uint64_t offset, std::size_t count);

    /// Writes a file in the guest, in chunks: creates it, or replaces its content. The file in the guest is closed in any case.
    /// @param path the file in the guest
    /// @param bytes its new content
    /// @throws command_failed, boost::system::system_error (see Errors above); errc::malformed_answer. After an error a part may
    /// be written.
    /// @par Cancellation as read_file(); a part may be written.
    [[nodiscard]] boost::asio::awaitable<void> write_file(std::string path, std::string bytes);

    /// Overwrites a part of an existing file.
    /// @param path the file in the guest
    /// @param bytes what to write
    /// @param offset of the first byte
    /// @throws as write_file()
    /// @par Cancellation as write_file()
    [[nodiscard]] boost::asio::awaitable<void> write_file(std::string path, std::string bytes, std::uint64_t offset);

    /// Freezes the file systems of the guest. It may take minutes (guest_agent_options::freeze_timeout), and the guest is thawed
    /// when the object that it returns is destroyed, and if freezing fails, times out or is cancelled. While the guest is frozen
    /// the agent executes only `guest-fsfreeze-status` and `-thaw`, `guest-ping`, `guest-info` and `guest-sync`; others fail
    /// with `CommandNotFound` at once. While the guest is being thawed they wait.
    /// @param limit how long the guest may stay frozen: then it is thawed. Zero: no limit
    /// @param mountpoints which file systems (`guest-fsfreeze-freeze-list`); empty: all
    /// @throws command_failed, also if this object has frozen the guest before; boost::system::system_error (see Errors above);
    /// errc::malformed_answer
    /// @par Cancellation terminal and partial: the guest is thawed as soon as the agent has answered.
    /// @see examples/guest_agent.cpp
    [[nodiscard]] boost::asio::awaitable<guest_freeze> freeze(std::chrono::nanoseconds limit = std::chrono::minutes(2),
                                                              std::vector<std::string> mountpoints = {});

    /// Asks the guest to shut down, and returns when the agent has received the command and has returned no error (see
    /// async_execute()). The guest then takes its time; machine::async_wait() completes at its end.
    /// @param mode `powerdown`, `halt` or `reboot`
    /// @throws command_failed, boost::system::system_error (see Errors above)
    /// @par Cancellation as async_execute()
    [[nodiscard]] boost::asio::awaitable<void> shutdown(std::string mode = "powerdown");

    /// Ends the connection: all operations complete with errc::disconnected. If files are open in the guest or it is frozen, the
    /// connection itself stays until they are closed and it is thawed, or until the agent has not answered for three attempts.
    /// Does not block.
    void close() noexcept;

private:
    friend std::shared_ptr<detail::guest_agent_impl> detail::impl_of(guest_agent const& handle) noexcept;
    detail::owned_impl<detail::guest_agent_impl> impl_;
};

}  // namespace coqmp

#endif
