// A peer that repeats a recorded conversation.
#ifndef COQMP_TESTING_REPLAY_HPP
#define COQMP_TESTING_REPLAY_HPP

#include <coqmp/testing/scripted_peer.hpp>
#include <coqmp/testing/transcript.hpp>

#include <boost/asio/awaitable.hpp>

namespace coqmp::testing {

/// Repeats a conversation: where the client received a message, the peer sends it; where the client sent one, the peer waits for
/// the same message. The ids of commands may differ, and the order of members and the spaces in a message; replies get the id of
/// their command. The connection stays open at the end.
/// @code
/// coqmp::testing::scripted_peer qemu = coqmp::testing::scripted_peer::pair(executor);
/// co_await (coqmp::testing::replay(qemu, coqmp::testing::transcript::load("query-block.qmp")) && program.run(qemu.address()));
/// @endcode
/// @param peer with a client: after scripted_peer::accept(), or of a pair. It must live until the end.
/// @throws transcript_mismatch the client sends another message, or disconnects where it sent one
/// @throws std::runtime_error a message of the transcript is not a JSON object
/// @throws what scripted_peer::receive() throws otherwise
boost::asio::awaitable<void> replay(scripted_peer& peer, transcript recorded);

}  // namespace coqmp::testing

#endif
