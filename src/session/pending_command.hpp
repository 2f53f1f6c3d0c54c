// A command in a session: the request of the protocol core, the handler that waits for its reply, and its deadline.
#ifndef COQMP_SRC_SESSION_PENDING_COMMAND_HPP
#define COQMP_SRC_SESSION_PENDING_COMMAND_HPP

#include "protocol/dialogue.hpp"
#include "session/reply_receiver.hpp"

#include <coqmp/detail/pending_handler.hpp>

#include <boost/asio/recycling_allocator.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/intrusive/set_hook.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace coqmp::detail {

class subscription;

/// What every execution of a command completes with.
using reply_signature = void(boost::system::error_code, reply);

/// One command and its outcome. The command table owns it from its submission until its handler runs; the handler's cancellation
/// slot must not own it, because the handler often owns the slot.
class pending_command final : public protocol::request
{
public:
    using request::request;
    pending_command(pending_command const&) = delete;
    pending_command& operator=(pending_command const&) = delete;
    ~pending_command() = default;

    /// Every request of a session's dialogue is a pending command.
    [[nodiscard]] static pending_command& of(protocol::request& which) noexcept { return static_cast<pending_command&>(which); }

    /// Runs the handler, only where all handlers of the session run, or tells the receiver.
    void complete()
    {
        if (receiver)
            receiver->completed(error, std::move(answer()));
        else
            handler->complete(error, std::move(answer()));
    }

    std::optional<pending_handler<reply_signature>> handler;  ///< from the moment the caller begins to wait
    std::unique_ptr<reply_receiver> receiver;                 ///< in the place of a handler
    boost::system::error_code error;
    bool cancelled = false;  ///< before the session has seen it

    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::weak_ptr<subscription> awaited_event;  ///< what execute_until() waits for, until the same deadline

    std::shared_ptr<pending_command> self;  ///< while the command table owns it
    boost::intrusive::list_member_hook<> table_hook;
    boost::intrusive::set_member_hook<> deadline_hook;

    friend bool operator<(pending_command const& left, pending_command const& right) noexcept
    {
        return left.deadline < right.deadline;
    }
};

/// One allocation, which the next command takes over.
[[nodiscard]] inline std::shared_ptr<pending_command> make_pending(command&& request)
{
    return std::allocate_shared<pending_command>(boost::asio::recycling_allocator<pending_command>(), std::move(request));
}

}  // namespace coqmp::detail

#endif
