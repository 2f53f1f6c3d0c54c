// How a session behaves.
#ifndef COQMP_SESSION_OPTIONS_HPP
#define COQMP_SESSION_OPTIONS_HPP

#include <coqmp/command_ids.hpp>
#include <coqmp/direction.hpp>
#include <coqmp/log_level.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace coqmp {

/// How a session behaves. Fill it in before the session is made; the session keeps a copy.
/// @see examples/qmp-shell/run.cpp
struct session_options
{
    session_options() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries in co_await expressions twice

    /// Limits dialing, greeting and negotiation together. Zero: no limit.
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(30);

    /// Limits commands without a timeout() of their own. Zero: no limit.
    std::chrono::nanoseconds command_timeout = std::chrono::minutes(2);

    /// In-band commands on the wire at once; the others are queued in order. QEMU queues 8 and then reads no further, not even
    /// an out-of-band command: with 7 it still reads that one. Zero: no limit.
    std::size_t in_band_window = 7;

    /// Bytes of one message from the peer; a larger one ends the session. Zero: no limit.
    std::size_t max_message_size = std::size_t{64} << 20;

    /// Levels of nesting in one message from the peer; a deeper one ends the session. At most 4,096: the parser recurses.
    std::size_t max_nesting = 1024;

    /// Queued events in a stream without a capacity of its own; when it is full the oldest event is dropped. At least 1.
    std::size_t event_capacity = 1024;

    /// Events that are kept if they come before the session's first stream and first command; the newest ones. Each of the first
    /// streams (see session::subscribe()) begins with those that it asks for, and event::lost_before of the first event that it
    /// delivers says how many were not kept. For sessions that a listener accepts: a stream cannot be made before QEMU's first
    /// events come. Zero: none.
    std::size_t early_events = 64;

    /// Bytes of memory for all events that are queued in the streams of the session; beyond it the oldest events are dropped,
    /// whichever streams they are in. Zero: no limit. The newest event is always delivered: an event over the limit is kept
    /// alone. An event that several streams receive takes memory in each of them. The one event that an execute_until() waits
    /// for does not count. An event takes up to 20 bytes of memory for each byte of its JSON (arrays of small numbers take 12).
    std::size_t event_bytes = std::size_t{64} << 20;

    /// Await a greeting and negotiate capabilities. Off for peers that do neither, such as the guest agent.
    bool negotiate = true;

    /// Whether commands carry an id. Guest agents before QEMU 4.0 do not return it, and those before 2.12 refuse it. Without
    /// ids one command is on the wire at a time, whatever in_band_window is, and the next reply is its reply. A command that
    /// was cancelled or timed out stays on the wire until its reply comes. If none comes (a successful `guest-shutdown` sends
    /// none) the commands behind it time out, unsent. To use such a peer again, send `guest-sync-delimited` with a number that
    /// was never used before: it overtakes the queued commands, its reply is identified by its number, and everything before
    /// that reply is dropped. It is also the right first command, because a reply to an earlier client's command may still
    /// arrive. Only without `negotiate`: a QMP monitor always gets ids.
    command_ids ids = command_ids::automatic;

    /// Ask for out-of-band execution when the peer offers it.
    bool out_of_band = true;

    /// Sees each message, on the session's executor, just before it is sent or handled. It must not throw and must not
    /// use the session. Messages hold everything that is sent, passwords too.
    std::function<void(direction, std::string_view)> trace;

    /// Identifies the session in the log: each sentence begins with it and a colon. Empty: no prefix.
    std::string name;

    /// Receives a sentence when something unusual happens: an error that belongs to no command, a message that makes no sense, a
    /// refused negotiation. The sentence never holds values of arguments, and is safe for a terminal. Called on the session's
    /// executor. It must not throw and must not use the session.
    std::function<void(log_level, std::string_view)> log;
};

}  // namespace coqmp

#endif
