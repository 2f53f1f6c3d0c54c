// A peer that repeats a recorded conversation.
#ifndef COQMP_TESTING_REPLAY_HPP
#define COQMP_TESTING_REPLAY_HPP

#include <coqmp/testing/scripted_peer.hpp>
#include <coqmp/testing/transcript.hpp>

#include <boost/asio/awaitable.hpp>

namespace coqmp::testing {

/// Repeats a conversation: where the client received a message, the peer sends it; where the client sent one, the peer waits for
/// the same message. Ids may differ, and so may white space and the order of members; a reply gets the id that its command has now.
/// The messages keep their recorded order: a client that waits for a reply before it sends the next recorded command waits forever.
/// The connection stays open at the end.
/// @code
/// coqmp::testing::scripted_peer qemu = coqmp::testing::scripted_peer::pair(executor);
/// co_await (coqmp::testing::replay(qemu, coqmp::testing::transcript::load("query-block.qmp")) && program.run(qemu.address()));
/// @endcode
/// @param peer with a client: after scripted_peer::accept(), or of a pair. It must live until the end.
/// @throws transcript_mismatch the client sends another message, or disconnects where it sent one
/// @throws std::runtime_error a message of the transcript is not a JSON object
/// @throws boost::system::system_error the client sends bytes that are not JSON
boost::asio::awaitable<void> replay(scripted_peer& peer, transcript recorded);

}  // namespace coqmp::testing

#endif
