// A command of a reconnecting session, from the call to its handler.
#ifndef COQMP_SRC_RECONNECTING_RELAYED_COMMAND_HPP
#define COQMP_SRC_RECONNECTING_RELAYED_COMMAND_HPP

#include "session/pending_command.hpp"

#include <coqmp/command.hpp>
#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/reply.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace coqmp::detail {

class session_impl;
class subscription;
struct relayed_command;

/// A list, so that a command moves from one to another without memory.
using relayed_list = std::list<std::shared_ptr<relayed_command>>;

/// Where a command is. It is in one list of the command_relay, unless it is arriving.
enum class relay_stage { arriving, waiting, submitted, finished };

/// What execute_until() and quit() learn beside the reply.
struct command_consequences
{
    std::optional<event_filter> until;   ///< The event that the command is to cause.
    std::shared_ptr<subscription> wait;  ///< For that event, once the command is submitted: ends with the connection.
    bool peer_left = false;  ///< The peer ended the connection after it had received the command, and before it replied.
};

/// One command and its outcome.
struct relayed_command
{
    relayed_command(pending_handler<reply_signature> waiting, command request, std::shared_ptr<command_consequences> watched)
        : handler(std::move(waiting)), what(std::move(request)), consequences(std::move(watched))
    {}

    pending_handler<reply_signature> handler;
    command what;                                        ///< While it is not submitted.
    std::shared_ptr<command_consequences> consequences;  ///< Null: only the reply counts.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::uint64_t number = 0;  ///< The order of the calls.
    relay_stage stage = relay_stage::arriving;
    bool is_cancelled = false;     ///< While it was arriving.
    relayed_list::iterator place;  ///< In the list that it is in.

    // While it is submitted:
    std::shared_ptr<session_impl> session;
    std::shared_ptr<pending_command> submitted;

    // Once it is finished:
    boost::system::error_code error;
    reply answer;
};

}  // namespace coqmp::detail

#endif
