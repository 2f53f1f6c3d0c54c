// The commands of clients on their way to a machine's QEMU, as far as the rules of supervision must know of them.
// Invariant: a `stop` is sent when the rules know of it and the disk does; in-band commands that come after it are sent after it.
#ifndef COQMP_SRC_SUPERVISOR_CLIENT_RELAY_HPP
#define COQMP_SRC_SUPERVISOR_CLIENT_RELAY_HPP

#include "detail/revocable_executor.hpp"
#include "detail/time_source.hpp"
#include "detail/waiting_operation.hpp"
#include "proxy/command_gate.hpp"
#include "session/pending_command.hpp"
#include "supervision/machine_lifecycle.hpp"
#include "supervisor/step_queue.hpp"

#include <coqmp/command.hpp>
#include <coqmp/detail/pending_handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>

namespace coqmp::detail {

/// What a client's command does, as far as the rules must know.
enum class client_effect { none, stop, cont, quit };

/// Looks into `human-monitor-command`, too.
[[nodiscard]] client_effect effect_of(command const& request);

/// Used on the executor only.
class client_relay final : public proxy::command_gate, public std::enable_shared_from_this<client_relay>
{
public:
    using reply_handler = pending_handler<reply_signature>;
    using session_pointer = std::shared_ptr<session_impl>;

    /// @param rules outlive this object, or are abandoned first
    /// @param perform carries out what the rules ask for
    client_relay(boost::asio::any_io_executor executor, std::shared_ptr<revocable_executor> home, machine_lifecycle& rules,
                 std::shared_ptr<step_queue> steps, std::function<void(machine_actions&&)> perform);

    /// Executes a command of the program.
    void execute(session_pointer const& session, command&& request, reply_handler&& handler);
    /// Executes a command of a proxy's client.
    void pass(session_pointer const& session, command&& what, std::unique_ptr<reply_receiver> receiver) override;

    /// Sends nothing more.
    /// @param runs_handlers false: the execution context is gone
    void abandon(bool runs_handlers) noexcept;

private:
    /// A command that waits for its turn.
    struct unsent_command final : waiting_operation<reply_signature>
    {
        using waiting_operation::waiting_operation;

        std::optional<boost::asio::steady_timer> deadline;
    };
    using client_pointer = std::shared_ptr<unsent_command>;

    void execute(session_pointer const& session, command&& request, reply_handler&& handler, client_effect effect);
    void quit(session_pointer const& session, command&& request, reply_handler&& handler);
    void queue(session_pointer const& session, command&& request, reply_handler&& handler, client_effect effect);
    void arm(client_pointer const& client, std::chrono::nanoseconds timeout) noexcept;
    [[nodiscard]] bool take(client_pointer const& client) noexcept;
    void give_up(client_pointer const& client, boost::system::error_code why) noexcept;
    void submit(session_pointer const& session, command&& request, client_pointer const& client, client_effect effect);
    void withdrawn(client_effect effect);
    void answered(client_effect effect, bool is_done);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<revocable_executor> const home_;
    machine_lifecycle* rules_;  ///< None: abandoned.
    std::shared_ptr<step_queue> const steps_;
    std::function<void(machine_actions&&)> perform_;
    time_source* clock_;
    std::list<client_pointer> unsent_;  ///< They wait for the disk.
};

}  // namespace coqmp::detail

#endif
