// A command in a session: what the protocol knows of it, who waits for it, and until when.
#ifndef COQMP_SRC_PENDING_COMMAND_HPP
#define COQMP_SRC_PENDING_COMMAND_HPP

#include "protocol/dialogue.hpp"

#include <coqmp/detail/waiting_handler.hpp>

#include <boost/intrusive/list_hook.hpp>
#include <boost/intrusive/set_hook.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace coqmp::detail {

struct pending_tag;
struct deadline_tag;

/// One command and its handler. A session owns those in its lists; the handler's cancellation slot must not own any, because
/// the handler often owns the slot.
class pending_command final : public waiting_handler<void(boost::system::error_code, reply)>,
                              public boost::intrusive::list_base_hook<boost::intrusive::tag<pending_tag>>,
                              public boost::intrusive::set_base_hook<boost::intrusive::tag<deadline_tag>>,
                              public protocol::request
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    pending_command(command what, waiting_handler waiting) : waiting_handler(std::move(waiting)), request(std::move(what)) {}

    std::shared_ptr<pending_command> kept;  // itself, while it is in a list
    time_point deadline = time_point::max();
    bool cancelled = false;  // before the session has seen it
    boost::system::error_code error;
    reply answer;

    friend bool operator<(pending_command const& left, pending_command const& right) noexcept
    {
        return left.deadline < right.deadline;
    }
};

}  // namespace coqmp::detail

#endif
