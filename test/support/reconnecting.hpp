// The start of most tests of a reconnecting session: one that dials a fake peer, in simulated time.
#ifndef COQMP_TEST_SUPPORT_RECONNECTING_HPP
#define COQMP_TEST_SUPPORT_RECONNECTING_HPP

#include "support/completion.hpp"
#include "support/fake_peer.hpp"
#include "support/simulated_time.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/reconnecting_session.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace coqmp::test {

/// Pauses of 100, 200, 400, ... ms, without chance.
[[nodiscard]] inline reconnect_options regular_pauses(unsent_commands unsent = unsent_commands::fail)
{
    reconnect_options options;
    options.jitter = 0;
    options.unsent = unsent;
    return options;
}

/// The connection had ended, or there was none, before the command was sent.
[[nodiscard]] inline bool is_unsent(boost::system::error_code error)
{
    return error == errc::disconnected && error == errc::not_sent;
}

/// Runs the handlers that are ready.
inline boost::asio::awaitable<void> settle()
{
    for (int count = 0; count < 20; ++count)
        co_await boost::asio::post(boost::asio::deferred);
}

/// Waits until a session has this state.
inline boost::asio::awaitable<connection_status> reach(reconnecting_session& which, connection_state wanted)
{
    connection_status now;
    while (now.state != wanted) {
        auto change = which.async_wait_change(now, boost::asio::deferred);
        now = co_await std::move(change);
    }
    co_return now;
}

/// A monitor that comes and goes, and a client that stays.
class intermittent_monitor
{
public:
    explicit intermittent_monitor(boost::asio::any_io_executor where, reconnect_options options = regular_pauses())
        : executor(std::move(where)),
          time(boost::asio::make_service<simulated_time>(boost::asio::query(executor, boost::asio::execution::context))),
          address(endpoint::unix_socket(directory_.path() / "monitor")),
          client(executor, address, std::move(options))
    {}

    /// The monitor listens from now on.
    void appear() { peer.emplace(executor, address); }

    /// The connection ends, and nothing listens any more.
    void vanish()
    {
        peer.reset();
        std::filesystem::remove(address.path());
    }

    /// Accepts the client, and negotiates.
    boost::asio::awaitable<void> meet()
    {
        co_await peer->accept();
        co_await peer->handshake();
        co_await reach(client, connection_state::connected);
    }

    /// From the beginning to the first connection.
    boost::asio::awaitable<void> begin()
    {
        appear();
        client.start();
        co_await meet();
    }

    /// The connection ends, and the monitor goes on listening.
    boost::asio::awaitable<connection_status> lose()
    {
        peer->close();
        co_return co_await reach(client, connection_state::lost);
    }

    /// The pause is over: connects again.
    boost::asio::awaitable<void> return_after(std::chrono::nanoseconds pause)
    {
        time.advance(pause);
        co_await meet();
    }

    completion<reply> ask(command what)
    {
        completion<reply> result(executor);
        client.async_execute(std::move(what), result.token());
        return result;
    }

private:
    temporary_directory directory_;

public:
    boost::asio::any_io_executor executor;
    simulated_time& time;
    endpoint address;
    std::optional<fake_peer> peer;
    reconnecting_session client;
};

/// The names of the queued events.
inline std::string take_names(event_stream& events)
{
    std::string names;
    while (auto const event = events.try_next())
        names += (is_event_gap(*event) ? std::string("|") : event->name) + ' ';
    return names;
}

}  // namespace coqmp::test

#endif
