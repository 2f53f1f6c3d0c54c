// Counters that one thread increments and any thread may read.
#ifndef COQMP_SRC_PROTOCOL_COUNTERS_HPP
#define COQMP_SRC_PROTOCOL_COUNTERS_HPP

#include <coqmp/session_counters.hpp>

#include <atomic>
#include <cstdint>

namespace coqmp::protocol {

/// A number that one thread adds to and any thread may read. With a single writer, adding needs no read-modify-write, and so
/// no locked instruction for each message.
class tally
{
public:
    void add(std::uint64_t amount = 1) noexcept { value_.store(read() + amount, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// The source of session_counters, except for lost events, which their queues count.
struct counters
{
    tally commands;
    tally replies;
    tally events;
    tally late_replies;
    tally unknown_ids;
    tally unattributed_errors;
    tally unknown_messages;
    tally bytes_sent;
    tally bytes_received;

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
