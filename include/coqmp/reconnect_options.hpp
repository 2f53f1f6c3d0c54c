// How a reconnecting session behaves.
#ifndef COQMP_RECONNECT_OPTIONS_HPP
#define COQMP_RECONNECT_OPTIONS_HPP

#include <coqmp/session_options.hpp>

#include <chrono>
#include <cstddef>

namespace coqmp {

/// What becomes of a command that cannot be sent because there is no connection.
enum class unsent_commands {
    fail,  ///< It completes at once with errc::disconnected, which is errc::not_sent.
    wait   ///< It waits for the next connection, until its own deadline.
};

/// How a reconnecting_session behaves. Fill it in before the session is made; the session keeps a copy.
///
/// Each pause is twice as long as the one before it, from first_pause to longest_pause, and is then shortened at random, so that
/// many programs that lost the same peer do not all return at the same moment.
/// @see examples/reconnecting.cpp
struct reconnect_options
{
    reconnect_options() = default;  // not an aggregate, as session_options

    /// The pause before the first new attempt. At least 1 ms.
    std::chrono::nanoseconds first_pause = std::chrono::milliseconds(100);

    /// The longest pause. If it is shorter than first_pause, every pause is first_pause. The default suits a monitor on the same
    /// host, where an attempt costs microseconds and a new QEMU is ready within a second: after a longer pause, a program would
    /// miss its first events. Choose a longer one for many programs that share a remote host.
    std::chrono::nanoseconds longest_pause = std::chrono::seconds(5);

    /// The share of each pause that is random: a pause lasts between (1 - jitter) times its length and its length. 0 to 1.
    double jitter = 0.5;

    /// A connection that lasted so long makes the next pause first_pause again. After a shorter one the pauses go on growing, so
    /// that a peer that ends every connection at once is not called in a tight loop.
    std::chrono::nanoseconds stable_after = std::chrono::seconds(10);

    /// So many attempts in a row may fail before the session gives up and closes itself. A connection that ended before
    /// stable_after counts as a failed attempt. Zero: no limit.
    std::size_t most_attempts = 0;

    /// What becomes of commands while there is no connection, and of those that a lost connection leaves unsent.
    unsent_commands unsent = unsent_commands::fail;

    /// With unsent_commands::wait: how many commands may wait; further ones fail at once, as with unsent_commands::fail.
    std::size_t most_waiting = 1024;

    /// For each connection. session_options::event_capacity and event_bytes limit the streams of the reconnecting session, which
    /// go on from one connection to the next. session_options::early_events is not used: streams can be made before start(). The
    /// log also says why an attempt failed, and when the next one comes.
    session_options session;
};

}  // namespace coqmp

#endif
