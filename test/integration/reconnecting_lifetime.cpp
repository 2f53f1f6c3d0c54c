// Whatever happens to a reconnecting session, its peer, its context or its operations, and after whichever handler: each operation
// completes exactly once, and no command is sent twice.
#include "support/brute_force.hpp"
#include "support/conversation.hpp"
#include "support/reconnecting.hpp"

#include <coqmp/listener.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::connection_state;
using coqmp::connection_status;
using coqmp::reconnecting_session;
using coqmp::unsent_commands;

namespace {

enum class deed { nothing, close, destroy, move, cancel, cancel_total, peer_leaves, replace, async_close, time_passes };

std::ostream& operator<<(std::ostream& out, deed what)
{
    constexpr std::array names = {"nothing",      "close",       "destroy", "move",        "cancel",
                                  "cancel_total", "peer_leaves", "replace", "async_close", "time_passes"};
    return out << names.at(static_cast<std::size_t>(what));
}

/// Runs the handlers that need no time, because every peer is in this thread.
void run_ready(asio::io_context& context)
{
    context.restart();  // it may have run out of work
    for (int count = 0; count < 200 && context.poll_one() != 0; ++count)
        context.restart();
    context.restart();
}

/// How often each command was received, over all connections.
using receipts = std::map<std::string, int>;

/// Answers commands until one is called "lost" or "lost-again": it ends the connection.
asio::awaitable<void> serve(fake_peer& peer, receipts& received)
{
    co_await peer.handshake();
    peer.event("BEGUN");
    for (bool is_over = false; !is_over;) {
        auto const got = co_await peer.receive();
        ++received[got.name];
        is_over = got.name.starts_with("lost");
        if (!is_over)
            peer.answer(got.id);
    }
    peer.event("ENDING");
    peer.close();
}

asio::awaitable<void> serve_twice(fake_peer& peer, receipts& received)
{
    try {
        for (int count = 0; count < 2; ++count) {
            co_await peer.accept();
            co_await serve(peer, received);
        }
    } catch (boost::system::system_error const&) {
        // The client has left.
    }
}

/// Connects, loses the connection with commands in every stage, connects again, loses it again, and closes.
class scenario
{
public:
    scenario() : clock_(asio::make_service<simulated_time>(context_))
    {
        auto options = regular_pauses(unsent_commands::wait);
        options.session.in_band_window = 2;
        peer_.emplace(context_.get_executor(), coqmp::endpoint::unix_socket(directory_.path() / "monitor"));
        client_.emplace(context_, peer_->address(), options);
        events_.emplace(client_->subscribe());
        asio::co_spawn(context_, serve_twice(*peer_, received_), asio::detached);
        watch({});
        read();
        execute("first");
        client_->async_wait_connected(all_.next([this](error_code error) {
            if (!error)
                connected();
        }));
    }

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }

    void act(deed what)
    {
        switch (what) {
            case deed::nothing:
                break;
            case deed::close:
                client_->close();
                break;
            case deed::destroy:
                client_.reset();
                break;
            case deed::move: {
                reconnecting_session moved = std::move(*client_);
                client_.emplace(std::move(moved));
                break;
            }
            case deed::cancel:
                all_.cancel();
                break;
            case deed::cancel_total:
                all_.cancel(asio::cancellation_type::total);
                break;
            case deed::peer_leaves:
                peer_->close();
                break;
            case deed::replace:
                *client_ = reconnecting_session(context_, peer_->address());
                break;
            case deed::async_close:
                client_->async_close(all_.next());
                break;
            case deed::time_passes:
                clock_.advance(1min);
                break;
        }
    }

    [[nodiscard]] bool all_completed_once()
    {
        run_ready(context_);
        client_.reset();
        events_.reset();
        peer_.reset();
        context_.run_for(time_limit);
        return context_.stopped() && all_.all_completed_once();
    }

    [[nodiscard]] bool was_sent_twice() const
    {
        return std::ranges::any_of(received_, [](auto const& each) { return each.second > 1; });
    }

private:
    void execute(std::string const& name) { client_->async_execute(name, all_.next()); }

    /// Time passes whenever there is a pause.
    void watch(connection_status const& known)
    {
        client_->async_wait_change(known, all_.next([this](error_code error, connection_status const& now) {
            if (now.pause > 0s)
                clock_.advance(now.pause);
            if (now.is_back() && client_) {
                execute("back");
                client_->async_execute("lost-again", all_.next([this](error_code, coqmp::reply const&) {
                    if (client_)
                        client_->async_close(all_.next());
                }));
            }
            if (!error && client_ && now.state != connection_state::closed)
                watch(now);
        }));
    }

    void read()
    {
        events_->async_next(all_.next([this](error_code error, coqmp::event const&) {
            if (!error && events_)
                read();
        }));
    }

    void connected()
    {
        if (!client_)
            return;
        for (std::string const name : {"a", "b"})
            execute(name);
        asio::co_spawn(context_, client_->execute_until("until", "ENDING"), all_.next());
        client_->async_execute("lost", all_.next());
        for (std::string const name : {"c", "d", "e"})
            execute(name);
        asio::co_spawn(context_, client_->execute_until("until-later", "ENDING"), all_.next());
        client_->async_wait_connected(all_.next());
    }

    temporary_directory directory_;
    asio::io_context context_{1};
    simulated_time& clock_;
    receipts received_;
    std::optional<fake_peer> peer_;
    std::optional<reconnecting_session> client_;
    std::optional<coqmp::event_stream> events_;
    operations all_;
};

/// Accepts from a listener, loses the connection, and accepts again.
class accepting_scenario
{
public:
    accepting_scenario() : clock_(asio::make_service<simulated_time>(context_))
    {
        from_.emplace(context_, coqmp::endpoint::unix_socket(directory_.path() / "monitor"));
        client_.emplace(context_, *from_, regular_pauses(unsent_commands::wait));
        client_->start();
        client_->async_execute("a", all_.next());
        call();
        watch({});
    }

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }

    void act(deed what)
    {
        if (what == deed::close)
            client_->close();
        else if (what == deed::destroy)
            client_.reset();
        else if (what == deed::peer_leaves)
            from_.reset();
        else if (what == deed::cancel)
            all_.cancel();
        else if (what == deed::time_passes)
            clock_.advance(1min);
    }

    [[nodiscard]] bool all_completed_once()
    {
        run_ready(context_);
        client_.reset();
        from_.reset();
        peer_.reset();
        context_.run_for(time_limit);
        return context_.stopped() && all_.all_completed_once();
    }

private:
    void call()
    {
        peer_.emplace(fake_peer::calling(context_.get_executor(), from_->local_endpoint()));
        auto serving = [](fake_peer& peer) -> asio::awaitable<void> {
            try {
                receipts ignored;
                co_await peer.handshake();
                auto const got = co_await peer.receive();
                peer.answer(got.id);
                co_await peer.flushed();
                peer.close();
            } catch (boost::system::system_error const&) {
                co_return;  // the client has left
            }
        };
        asio::co_spawn(context_, serving(*peer_), asio::detached);
    }

    void watch(connection_status const& known)
    {
        client_->async_wait_change(known, all_.next([this](error_code error, connection_status const& now) {
            if (now.state == connection_state::lost && from_ && now.connections == 1) {
                client_->async_execute("b", all_.next());
                clock_.advance(now.pause);
                call();
            }
            if (now.state == connection_state::lost && now.connections == 2 && client_)
                client_->close();
            if (!error && client_ && now.state != connection_state::closed)
                watch(now);
        }));
    }

    temporary_directory directory_;
    asio::io_context context_{1};
    simulated_time& clock_;
    std::optional<coqmp::listener> from_;
    std::optional<fake_peer> peer_;
    std::optional<reconnecting_session> client_;
    operations all_;
};

constexpr std::array deeds = {deed::nothing,      deed::close,       deed::destroy, deed::move,        deed::cancel,
                              deed::cancel_total, deed::peer_leaves, deed::replace, deed::async_close, deed::time_passes};
constexpr std::array accepting_deeds = {deed::nothing,     deed::close,  deed::destroy,
                                        deed::peer_leaves, deed::cancel, deed::time_passes};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_reconnecting_session, *boost::unit_test::timeout(280))

BOOST_DATA_TEST_CASE(completes_each_operation_once_after_every_handler, boost::unit_test::data::make(deeds), what)
{
    int steps = 0;
    act_after_each_handler<scenario>([&](std::optional<scenario>& test, int handlers) {
        test->act(what);
        BOOST_TEST_REQUIRE(test->all_completed_once(), what << " after " << handlers << " handlers");
        BOOST_TEST_REQUIRE(!test->was_sent_twice(), what << " after " << handlers << " handlers");
        steps = handlers;
    });
    BOOST_TEST(steps > 40);
}

BOOST_DATA_TEST_CASE(completes_each_operation_once_while_it_accepts, boost::unit_test::data::make(accepting_deeds), what)
{
    int steps = 0;
    act_after_each_handler<accepting_scenario>([&](std::optional<accepting_scenario>& test, int handlers) {
        test->act(what);
        BOOST_TEST_REQUIRE(test->all_completed_once(), what << " after " << handlers << " handlers");
        steps = handlers;
    });
    BOOST_TEST(steps > 20);
}

BOOST_AUTO_TEST_CASE(ends_with_its_context_after_every_handler)
{
    act_after_each_handler<scenario>([](std::optional<scenario>& test, int) { test.reset(); });
    act_after_each_handler<accepting_scenario>([](std::optional<accepting_scenario>& test, int) { test.reset(); });
}

BOOST_AUTO_TEST_CASE(may_outlive_its_context)
{
    std::optional<reconnecting_session> left;
    std::optional<coqmp::event_stream> events;
    {
        asio::io_context context(1);
        left.emplace(context, coqmp::endpoint::unix_socket("/nowhere/monitor"));
        events.emplace(left->subscribe());
        left->start();
        context.poll();
    }
    BOOST_TEST(!left->get_executor());
    BOOST_TEST((left->status().state == connection_state::closed));
    BOOST_CHECK_THROW(left->start(), asio::execution::bad_executor);
    BOOST_CHECK_THROW(left->async_execute("cont", [](error_code, coqmp::reply const&) {}), asio::execution::bad_executor);
    left->close();
    reconnecting_session moved = std::move(*left);
    left.reset();
}

BOOST_AUTO_TEST_CASE(may_use_a_listener_of_another_context_that_ends_first)
{
    temporary_directory const directory;
    asio::io_context here(1);
    std::optional<reconnecting_session> client;
    {
        asio::io_context there(1);
        coqmp::listener from(there, coqmp::endpoint::unix_socket(directory.path() / "monitor"));
        client.emplace(here, from);
        client->start();
        here.poll();
        there.poll();
    }
    here.restart();
    here.run_for(time_limit);
    BOOST_TEST((client->status().state == connection_state::closed));
}

BOOST_AUTO_TEST_SUITE_END()
