// The start of most tests of a session: a session that talks to a fake peer.
#ifndef COQMP_TEST_SUPPORT_CONVERSATION_HPP
#define COQMP_TEST_SUPPORT_CONVERSATION_HPP

#include "support/completion.hpp"
#include "support/fake_peer.hpp"
#include "support/run.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coqmp::test {

/// Connects the two: the peer greets and answers the negotiation.
inline boost::asio::awaitable<void> meet(session& client, fake_peer& peer)
{
    completion<> connected(client.get_executor());
    client.async_connect(peer.address(), connected.token());
    co_await peer.handshake();
    boost::system::error_code const error = co_await connected.done();
    BOOST_REQUIRE_EQUAL(error, boost::system::error_code());
}

/// A session and its peer on one executor, connected by a pair of sockets.
struct conversation
{
    explicit conversation(boost::asio::any_io_executor executor, session_options options = {})
        : client(executor, std::move(options)), peer(fake_peer::pair(executor))
    {}

    /// Sends a command and records its completion.
    completion<reply> ask(command what)
    {
        completion<reply> result(client.get_executor());
        client.async_execute(std::move(what), result.token());
        return result;
    }

    boost::asio::awaitable<void> begin() { return meet(client, peer); }

    session client;
    fake_peer peer;
};

}  // namespace coqmp::test

#endif
