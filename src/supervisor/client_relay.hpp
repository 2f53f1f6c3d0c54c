// The commands of clients on their way to a machine's QEMU, as far as the rules of supervision must know of them.
// Invariant: a `stop` is sent when the rules know of it and the disk does; in-band commands that come after it are sent after it.
#ifndef COQMP_SRC_SUPERVISOR_CLIENT_RELAY_HPP
#define COQMP_SRC_SUPERVISOR_CLIENT_RELAY_HPP

#include "detail/revocable_executor.hpp"
#include "detail/time_source.hpp"
#include "proxy/command_gate.hpp"
#include "session/pending_command.hpp"
#include "supervision/machine_lifecycle.hpp"
#include "supervisor/step_queue.hpp"

#include <coqmp/command.hpp>
#include <coqmp/detail/pending_handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <list>
#include <memory>

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
    void execute(session_pointer const& session, command&& request, reply_handler&& handler, client_effect effect);
    void quit(session_pointer const& session, command&& request, reply_handler&& handler);
    void queue(session_pointer const& session, command&& request, reply_handler&& handler, client_effect effect);
    void submit(session_pointer const& session, command&& request, std::shared_ptr<reply_handler> const& client,
                client_effect effect);
    void withdrawn(client_effect effect);
    void answered(client_effect effect, bool is_done);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<revocable_executor> const home_;
    machine_lifecycle* rules_;  ///< None: abandoned.
    std::shared_ptr<step_queue> const steps_;
    std::function<void(machine_actions&&)> perform_;
    time_source* clock_;
    std::list<std::shared_ptr<reply_handler>> unsent_;  ///< They wait for the disk.
};

}  // namespace coqmp::detail

#endif
