// A command in a session: what the protocol knows of it, the operation that waits for it, and its deadline.
#ifndef COQMP_SRC_SESSION_PENDING_COMMAND_HPP
#define COQMP_SRC_SESSION_PENDING_COMMAND_HPP

#include "protocol/dialogue.hpp"

#include <coqmp/detail/pending_handler.hpp>

#include <boost/asio/recycling_allocator.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/intrusive/set_hook.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace coqmp::detail {

class subscription;

/// One command and its outcome. The command table owns it from its submission until its handler runs; the handler's cancellation
/// slot must not own it, because the handler often owns the slot.
class pending_command : public protocol::request
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit pending_command(command&& what) : request(std::move(what)) {}
    pending_command(pending_command const&) = delete;
    pending_command& operator=(pending_command const&) = delete;
    virtual ~pending_command() = default;

    /// Every request of a session's dialogue is a pending command.
    [[nodiscard]] static pending_command& of(protocol::request& which) noexcept { return static_cast<pending_command&>(which); }

    /// Delivers the outcome to the operation that waits for it.
    /// @param owner this command
    virtual void complete(std::shared_ptr<pending_command> owner) = 0;

    std::shared_ptr<pending_command> self;  ///< while the command table owns it
    boost::intrusive::list_member_hook<> table_hook;
    boost::intrusive::set_member_hook<> deadline_hook;
    time_point deadline = time_point::max();
    std::weak_ptr<subscription> awaited_event;  ///< what execute_until() waits for, until the same deadline
    bool cancelled = false;                     ///< before the session has seen it
    boost::system::error_code error;

    friend bool operator<(pending_command const& left, pending_command const& right) noexcept
    {
        return left.deadline < right.deadline;
    }
};

/// What async_execute() completes with.
using reply_signature = void(boost::system::error_code, reply);

/// A session's own coroutines receive the command itself, so that its answer is moved only once.
using pending_signature = void(boost::system::error_code, std::shared_ptr<pending_command>);

/// A command and its handler, which comes when the caller begins to wait.
template <class Signature>
class awaited_command final : public pending_command
{
public:
    using pending_command::pending_command;

    void await(pending_handler<Signature>&& waiting) { handler_.emplace(std::move(waiting)); }

    void complete(std::shared_ptr<pending_command> owner) override
    {
        if constexpr (std::is_same_v<Signature, reply_signature>)
            handler_->complete(error, std::move(answer()));
        else
            handler_->complete(error, std::move(owner));
    }

private:
    std::optional<pending_handler<Signature>> handler_;
};

/// One allocation, which the next command takes over.
template <class Signature>
std::shared_ptr<awaited_command<Signature>> make_pending(command&& what)
{
    using awaited = awaited_command<Signature>;
    return std::allocate_shared<awaited>(boost::asio::recycling_allocator<awaited>(), std::move(what));
}

}  // namespace coqmp::detail

#endif
