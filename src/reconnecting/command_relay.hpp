// The commands of a reconnecting session: those that wait for a connection, and those that a session has.
// Invariant: a command that was started is in exactly one list: waiting, submitted, or finished (its handler will run).
#ifndef COQMP_SRC_RECONNECTING_COMMAND_RELAY_HPP
#define COQMP_SRC_RECONNECTING_COMMAND_RELAY_HPP

#include "reconnecting/relayed_command.hpp"

#include <coqmp/reconnect_options.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace coqmp::detail {

class reconnecting_impl;

/// Used on its owner's executor only. Calls the owner when a command begins to wait again.
class command_relay
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    command_relay(reconnecting_impl& owner, reconnect_options const& options) noexcept;

    /// Takes over a command, the only one of the list.
    void start(relayed_list& one, time_point now);
    /// Drops a finished command without running its handler. @return false: it is not finished
    [[nodiscard]] bool withdraw(relayed_command& command) noexcept;
    void cancel(relayed_command& command, boost::asio::cancellation_type kind);

    /// There is a connection: it gets the commands that waited, in order.
    void connect(std::shared_ptr<session_impl> const& session, time_point now);
    /// There is none any more.
    void disconnect() noexcept { session_.reset(); }
    /// There will be none: finishes the commands that wait.
    void close() noexcept;

    /// The first deadline of the commands that wait.
    [[nodiscard]] time_point earliest() const noexcept;
    void expire(time_point now) noexcept;

    [[nodiscard]] bool has_finished() const noexcept { return !finished_.empty(); }
    /// Whether every command has completed.
    [[nodiscard]] bool is_idle() const noexcept { return waiting_.empty() && submitted_.empty() && finished_.empty(); }

    /// Runs the handlers of the commands that are finished now.
    void dispatch();

    /// Destroys all commands and their handlers: the execution context is gone.
    void destroy_handlers() noexcept;

private:
    using error_code = boost::system::error_code;

    void submit(relayed_list& one, time_point now);
    void answered(relayed_command& command, error_code error, reply&& answer);
    void hold(relayed_list& one) noexcept;
    void finish(relayed_list& one, error_code error) noexcept;
    [[nodiscard]] bool can_wait() const noexcept;
    [[nodiscard]] relayed_list& list_of(relay_stage stage) noexcept;
    [[nodiscard]] relayed_list take(relayed_command& command) noexcept;

    reconnecting_impl& owner_;
    std::chrono::nanoseconds const default_timeout_;
    unsent_commands const unsent_;
    std::size_t const most_waiting_;
    std::shared_ptr<session_impl> session_;  ///< While it can send commands.
    relayed_list waiting_;                   ///< In the order of the calls.
    relayed_list submitted_;
    relayed_list finished_;
    std::uint64_t started_ = 0;
    bool is_closed_ = false;
};

}  // namespace coqmp::detail

#endif
