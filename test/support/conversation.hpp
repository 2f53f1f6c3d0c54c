// The start of most tests of a session: a session that talks to a fake peer.
#ifndef COQMP_TEST_SUPPORT_CONVERSATION_HPP
#define COQMP_TEST_SUPPORT_CONVERSATION_HPP

#include "support/completion.hpp"
#include "support/fake_peer.hpp"
#include "support/run.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <utility>

namespace coqmp::test {

// The names that nearly every test of a session uses.
namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;

/// Connects the two: the peer greets and answers the negotiation.
inline asio::awaitable<void> meet(session& client, fake_peer& peer)
{
    completion<> connected(client.get_executor());
    client.async_connect(peer.address(), connected.token());
    co_await peer.handshake();
    error_code const error = co_await connected.done();
    BOOST_REQUIRE_EQUAL(error, error_code());
}

/// Fails to connect, and returns the error.
inline asio::awaitable<error_code> connect_error(endpoint address, session_options options = {})
{
    session client(co_await this_coro::executor, std::move(options));
    completion<> connected(client.get_executor());
    client.async_connect(std::move(address), connected.token());
    co_return co_await connected.done();
}

/// A session and its peer on one executor, connected by a pair of sockets.
struct conversation
{
    explicit conversation(asio::any_io_executor executor, session_options options = {})
        : client(executor, std::move(options)), peer(fake_peer::pair(executor))
    {}

    /// Sends a command and records its completion.
    completion<reply> ask(command what)
    {
        completion<reply> result(client.get_executor());
        client.async_execute(std::move(what), result.token());
        return result;
    }

    asio::awaitable<void> begin() { return meet(client, peer); }

    session client;
    fake_peer peer;
};

}  // namespace coqmp::test

#endif
