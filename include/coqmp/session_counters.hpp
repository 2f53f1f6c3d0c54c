// What a session counts.
#ifndef COQMP_SESSION_COUNTERS_HPP
#define COQMP_SESSION_COUNTERS_HPP

#include <cstdint>

namespace coqmp {

/// What a session has seen so far.
struct session_counters
{
    std::uint64_t commands = 0;             ///< Sent by the caller (the handshake's own is not counted).
    std::uint64_t replies = 0;              ///< Answers to them that reached a caller.
    std::uint64_t events = 0;               ///< From the peer, whether a stream receives them or not.
    std::uint64_t events_lost = 0;          ///< Dropped from full queues, all streams together.
    std::uint64_t late_replies = 0;         ///< To commands that were cancelled or had timed out.
    std::uint64_t unknown_ids = 0;          ///< Replies with the id of no command, such as an earlier client's.
    std::uint64_t unattributed_errors = 0;  ///< Errors without an id that could not be given to one command.
    std::uint64_t unknown_messages = 0;     ///< Objects that are neither reply nor event, or malformed.
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
};

}  // namespace coqmp

#endif
