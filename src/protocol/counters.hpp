// Counters that one thread increments and any thread may read.
#ifndef COQMP_SRC_PROTOCOL_COUNTERS_HPP
#define COQMP_SRC_PROTOCOL_COUNTERS_HPP

#include "detail/relaxed_counter.hpp"

#include <coqmp/session_counters.hpp>

namespace coqmp::protocol {

/// The source of session_counters, except for lost events, which their queues count.
struct counters
{
    detail::relaxed_counter commands;
    detail::relaxed_counter replies;
    detail::relaxed_counter events;
    detail::relaxed_counter late_replies;
    detail::relaxed_counter unknown_ids;
    detail::relaxed_counter unattributed_errors;
    detail::relaxed_counter unknown_messages;
    detail::relaxed_counter bytes_sent;
    detail::relaxed_counter bytes_received;

    [[nodiscard]] session_counters snapshot() const noexcept
    {
        session_counters result;
        result.commands = commands.read();
        result.replies = replies.read();
        result.events = events.read();
        result.late_replies = late_replies.read();
        result.unknown_ids = unknown_ids.read();
        result.unattributed_errors = unattributed_errors.read();
        result.unknown_messages = unknown_messages.read();
        result.bytes_sent = bytes_sent.read();
        result.bytes_received = bytes_received.read();
        return result;
    }
};

}  // namespace coqmp::protocol

#endif
