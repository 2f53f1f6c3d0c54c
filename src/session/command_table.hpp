// The commands of a session, from their submission until their handlers run.
// Invariant: a command is in exactly one list: active (its reply may come) or finished (its handler will run).
#ifndef COQMP_SRC_SESSION_COMMAND_TABLE_HPP
#define COQMP_SRC_SESSION_COMMAND_TABLE_HPP

#include "protocol/dialogue.hpp"
#include "session/deadlines.hpp"
#include "session/pending_command.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <memory>
#include <string_view>

namespace coqmp::detail {

/// Owns the commands. Runs their handlers in dispatch() only; a receiver gets an answer at once. Used on the session's executor only.
class command_table
{
public:
    /// @param default_timeout for commands without a timeout of their own
    command_table(protocol::dialogue& dialogue, deadlines& deadlines, std::chrono::nanoseconds default_timeout) noexcept
        : dialogue_(dialogue), deadlines_(deadlines), default_timeout_(default_timeout)
    {}

    /// Takes over a command; one that cannot be sent is finished at once.
    /// @param is_open whether the session can send commands
    void submit(std::shared_ptr<pending_command>&& command, bool is_open);

    /// Drops a finished command without running its handler.
    void withdraw(pending_command& command) noexcept;

    /// The dialogue has matched the reply to this request.
    void answer(protocol::request& answered) { finish(pending_command::of(answered), {}); }

    /// QEMU has answered this request with a value, which its receiver takes as text.
    void answer_as_text(protocol::request& answered, std::string_view value);

    void cancel(pending_command& command, boost::asio::cancellation_type kind);

    /// Abandons the commands whose deadline has passed.
    void expire_commands(deadlines::time_point now);

    /// Finishes all active commands: the session has ended.
    void finish_all(boost::system::error_code reason);

    /// Destroys all commands and their handlers: the execution context is gone.
    void destroy_handlers() noexcept;

    [[nodiscard]] bool has_finished() const noexcept { return !finished_.empty(); }

    /// Runs the handlers of the commands that are finished now.
    void dispatch();

private:
    using command_list = boost::intrusive::list<
        pending_command,
        boost::intrusive::member_hook<pending_command, boost::intrusive::list_member_hook<>, &pending_command::table_hook>>;

    [[nodiscard]] boost::system::error_code accept(pending_command& command, bool is_open);
    void abandon(pending_command& command, boost::system::error_code reason);
    void finish(pending_command& command, boost::system::error_code error);
    void take_from_active(pending_command& command) noexcept
    {
        deadlines_.remove(command);
        active_.erase(active_.iterator_to(command));
    }

    protocol::dialogue& dialogue_;
    deadlines& deadlines_;
    std::chrono::nanoseconds default_timeout_;
    command_list active_;
    command_list finished_;
};

}  // namespace coqmp::detail

#endif
