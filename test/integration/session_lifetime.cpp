// Whatever is closed, cancelled, moved or destroyed, and after whichever handler: each operation completes exactly once.
// Then the same from many threads.
#include "support/brute_force.hpp"
#include "support/conversation.hpp"
#include "support/open_descriptors.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <ostream>
#include <string_view>
#include <thread>
#include <vector>

using namespace coqmp::test;
using coqmp::reply;

namespace {

/// Answers everything, with an event before and after, until its client leaves.
asio::awaitable<void> serve_all(fake_peer& peer)
{
    try {
        co_await peer.handshake();
        for (;;) {
            auto const got = co_await peer.receive();
            peer.event("BEFORE");
            peer.answer(got.id);
            peer.event("AFTER");
        }
    } catch (boost::system::system_error const&) {
        // The client has left.
    }
}

enum class deed { nothing, close, destroy_session, move_session, destroy_stream, cancel_terminal, cancel_total, peer_leaves };

std::ostream& operator<<(std::ostream& out, deed what)
{
    constexpr std::array names = {"nothing",        "close",           "destroy_session", "move_session",
                                  "destroy_stream", "cancel_terminal", "cancel_total",    "peer_leaves"};
    return out << names.at(static_cast<std::size_t>(what));
}

/// Connects, subscribes, sends ten commands and waits for an event, closes; one handler after the other.
class scenario
{
    // First, because its return type is deduced.
    auto operation(std::function<void(error_code)> then = {})
    {
        return operations_.next([this, next = std::move(then)](error_code error, auto const&...) {
            if (handlers_before_-- == 0)
                act(inside_);
            if (next)
                next(error);
        });
    }

public:
    scenario() : peer_(fake_peer::pair(context_.get_executor())), client_(std::in_place, context_.get_executor())
    {
        asio::co_spawn(context_, serve_all(peer_), asio::detached);
        client_->async_wait_closed(operation());
        client_->async_connect(peer_.address(), operation([this](error_code error) { connected(error); }));
    }

    /// From inside the completion handler with this number, the first is 0.
    void act_inside(int handler, deed what)
    {
        inside_ = what;
        handlers_before_ = handler;
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
            case deed::destroy_session:
                client_.reset();
                break;
            case deed::move_session: {
                coqmp::session moved = std::move(*client_);
                client_.emplace(std::move(moved));
                break;
            }
            case deed::destroy_stream:
                stream_.reset();
                break;
            case deed::cancel_terminal:
                operations_.cancel(asio::cancellation_type::terminal);
                break;
            case deed::cancel_total:
                operations_.cancel(asio::cancellation_type::total);
                break;
            case deed::peer_leaves:
                peer_.close();
                break;
        }
    }

    /// Ends all, and returns whether each operation completed once.
    [[nodiscard]] bool all_completed_once()
    {
        client_.reset();
        stream_.reset();
        peer_.close();
        context_.run_for(time_limit);
        return context_.stopped() && operations_.all_completed_once();
    }

private:
    void connected(error_code error)
    {
        if (error || !client_)
            return;
        stream_.emplace(client_->subscribe());
        next();
        for (int index = 0; index < 10; ++index)
            client_->async_execute("query-status", operation([this, index](error_code) { answered(index); }));
        asio::co_spawn(context_, client_->execute_until("cont", "AFTER"), operations_.next());
    }

    void next()
    {
        stream_->async_next(operation([this](error_code error) {
            if (!error && stream_)
                next();
        }));
    }

    void answered(int index)
    {
        if (index == 9 && client_)
            client_->async_close(operation());
    }

    asio::io_context context_{1};
    fake_peer peer_;
    operations operations_;
    std::optional<coqmp::session> client_;
    std::optional<coqmp::event_stream> stream_;
    deed inside_ = deed::nothing;
    int handlers_before_ = -1;
};

auto const all_deeds =
    boost::unit_test::data::make({deed::nothing, deed::close, deed::destroy_session, deed::move_session, deed::destroy_stream,
                                  deed::cancel_terminal, deed::cancel_total, deed::peer_leaves});

/// The same as one coroutine, which owns everything.
asio::awaitable<void> whole_life()
{
    auto const executor = co_await this_coro::executor;
    fake_peer peer = fake_peer::pair(executor);
    coqmp::session client(executor);
    asio::co_spawn(executor, serve_all(peer), asio::detached);
    co_await client.async_connect(peer.address(), asio::deferred);
    auto stream = client.subscribe();
    for (int index = 0; index < 10; ++index)
        client.async_execute("query-status", asio::detached);
    co_await client.execute_until("cont", "AFTER");
    while (auto event = stream.try_next())
        BOOST_TEST(!event->name.empty());
    co_await client.async_close(asio::deferred);
}

}  // namespace

BOOST_DATA_TEST_CASE(each_operation_completes_once_after_every_handler, all_deeds, what)
{
    std::size_t const before = open_descriptors();
    act_after_each_handler<scenario>([what](std::optional<scenario>& once, int handlers) {
        once->act(what);
        bool const good = once->all_completed_once();
        BOOST_REQUIRE_MESSAGE(good, what << " after " << handlers << " handlers");
    });
    BOOST_TEST(open_descriptors() == before);
}

BOOST_DATA_TEST_CASE(each_operation_completes_once_when_it_happens_inside_a_handler, all_deeds, what)
{
    std::size_t const before = open_descriptors();
    for (int handler = 0; handler < 40; ++handler) {
        scenario once;
        once.act_inside(handler, what);
        run_handlers(once.context(), 1000);
        bool const good = once.all_completed_once();
        BOOST_REQUIRE_MESSAGE(good, what << " inside handler " << handler);
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(a_context_that_ends_after_any_handler_takes_everything_with_it)
{
    std::size_t const before = open_descriptors();
    bool reached_the_end = false;
    for (int most = 0; !reached_the_end; ++most) {
        asio::io_context context(1);
        asio::co_spawn(context, whole_life(), asio::detached);
        int steps = 0;
        while (steps < most && context.run_one_for(time_limit) != 0)
            ++steps;
        reached_the_end = steps < most;
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(a_session_that_is_destroyed_just_before_its_context_leaves_nothing)
{
    std::size_t const before = open_descriptors();
    for (int steps = 0; steps < 100; ++steps) {
        scenario once;
        run_handlers(once.context(), steps);
        once.act(deed::destroy_session);
    }
    BOOST_TEST(open_descriptors() == before);
}

namespace {

enum class home { context, strand };

std::ostream& operator<<(std::ostream& out, home what)
{
    return out << (what == home::strand ? "strand" : "context");
}

asio::any_io_executor executor_of(asio::io_context& context, home what)
{
    if (what == home::strand)
        return asio::make_strand(context);
    return context.get_executor();
}

/// Runs this many handlers of a session's life and destroys the context; then uses its handles as far as that is allowed.
/// @return whether there were so many handlers
bool outlive_the_context(home where, int steps)
{
    std::optional<asio::io_context> context(std::in_place, 1);
    coqmp::session client(executor_of(*context, where));
    coqmp::event_stream stream = client.subscribe();
    std::optional<fake_peer> peer(fake_peer::pair(context->get_executor()));
    asio::co_spawn(*context, serve_all(*peer), asio::detached);
    client.async_connect(peer->address(), [&client](error_code) {
        for (int count = 0; count < 3; ++count)
            client.async_execute("query-status", [](error_code, reply const&) {});
        asio::co_spawn(client.get_executor(), client.execute_until("cont", coqmp::event_filter("RESUME")), asio::detached);
    });
    client.async_wait_closed([](error_code, coqmp::session_end) {});
    stream.async_next([](error_code, coqmp::event const&) {});
    int done = 0;
    while (done < steps && context->poll_one() != 0)
        ++done;
    peer.reset();
    context.reset();

    coqmp::session moved = std::move(client);
    client = std::move(moved);
    client.close();
    BOOST_TEST(client.counters().unknown_ids == 0U);
    BOOST_TEST(client.greeting().capabilities.size() <= 1U);
    coqmp::event_stream moved_stream = std::move(stream);
    static_cast<void>(moved_stream.try_next());
    moved_stream.close();
    return done == steps;
}

}  // namespace

BOOST_DATA_TEST_CASE(a_session_and_its_stream_outlive_their_context_whenever_it_ends,
                     boost::unit_test::data::make({home::context, home::strand}), where)
{
    std::size_t const before = open_descriptors();
    for (int steps = 0; outlive_the_context(where, steps); ++steps) {
    }
    BOOST_TEST(open_descriptors() == before);
}

namespace {

/// Executes two commands, of which the peer answers none or one.
asio::awaitable<void> execute_twice(coqmp::session& client, std::shared_ptr<int> /*kept*/)
{
    co_await client.execute("query-status");
    co_await client.execute("query-version");
}

/// Destroys the context after so many handlers. @return how many commands were sent
std::uint64_t leave_a_coroutine_behind(home where, int steps)
{
    std::weak_ptr<int> watch;
    std::optional<asio::io_context> context(std::in_place, 1);
    std::optional<fake_peer> peer(fake_peer::pair(context->get_executor()));
    coqmp::session client(executor_of(*context, where));
    auto serve = [](fake_peer& served) -> asio::awaitable<void> {
        co_await served.handshake();
        co_await served.serve("query-status");
    };
    asio::co_spawn(*context, serve(*peer), asio::detached);
    client.async_connect(peer->address(), [&](error_code) {
        auto kept = std::make_shared<int>();
        watch = kept;
        asio::co_spawn(context->get_executor(), execute_twice(client, std::move(kept)), asio::detached);
    });
    for (int done = 0; done < steps; ++done)
        context->poll_one();
    peer.reset();
    context.reset();
    BOOST_TEST(watch.expired(), "after " << steps << " handlers");
    return client.counters().commands;
}

}  // namespace

BOOST_DATA_TEST_CASE(a_context_that_ends_destroys_a_coroutine_that_executes_commands,
                     boost::unit_test::data::make({home::context, home::strand}), where)
{
    std::uint64_t sent = 0;
    for (int steps = 0; steps < 30; ++steps)
        sent = leave_a_coroutine_behind(where, steps);
    BOOST_TEST(sent == 2U);
}

BOOST_AUTO_TEST_CASE(a_context_that_ends_destroys_a_coroutine_whose_command_is_on_its_way)
{
    asio::io_context elsewhere(1);
    std::optional<asio::io_context> context(std::in_place, 1);
    coqmp::session client(*context);
    auto kept = std::make_shared<int>();
    std::weak_ptr<int> const watch = kept;
    asio::co_spawn(elsewhere, execute_twice(client, std::move(kept)), asio::detached);
    elsewhere.poll();
    BOOST_TEST(!watch.expired());
    context.reset();
    elsewhere.restart();
    elsewhere.poll();  // Asio destroys a coroutine where it runs
    BOOST_TEST(watch.expired());
}

BOOST_AUTO_TEST_CASE(a_session_that_is_dialing_outlives_its_context)
{
    std::size_t const before = open_descriptors();
    for (std::string_view const address : {"tcp:localhost:1", "tcp:127.0.0.1:1", "unix:/nonexistent/socket"}) {
        std::optional<asio::io_context> context(std::in_place, 1);
        coqmp::session client(asio::make_strand(*context));
        client.async_connect(coqmp::endpoint::parse(address), [](error_code) {});
        context->poll_one();
        context.reset();
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_started_after_the_context_has_gone_is_refused)
{
    std::optional<asio::io_context> context(std::in_place, 1);
    coqmp::session client(context->get_executor());
    coqmp::event_stream stream = client.subscribe();
    context.reset();
    BOOST_CHECK_THROW(client.async_execute("query-status", [](error_code, reply const&) {}), asio::execution::bad_executor);
    BOOST_CHECK_THROW(static_cast<void>(client.subscribe()), asio::execution::bad_executor);
    BOOST_CHECK_THROW(stream.async_next([](error_code, coqmp::event const&) {}), asio::execution::bad_executor);
}

namespace {

/// A peer that answers everything, on a thread of its own.
class served_peer
{
public:
    served_peer() : peer_(fake_peer::pair(context_.get_executor()))
    {
        asio::co_spawn(context_, serve_all(peer_), asio::detached);
        thread_ = std::thread([this] { context_.run(); });
    }
    ~served_peer() { thread_.join(); }

    [[nodiscard]] coqmp::endpoint address() { return peer_.address(); }

private:
    asio::io_context context_{1};
    fake_peer peer_;
    std::thread thread_;
};

/// Gives an operation's error to another thread. Not asio::use_future: it hands over an exception, whose reference count is
/// inside libstdc++, where ThreadSanitizer does not see it.
class promised_error
{
public:
    [[nodiscard]] std::future<error_code> get_future() const { return promise_->get_future(); }

    void operator()(error_code error, reply const&) const { promise_->set_value(error); }

private:
    std::shared_ptr<std::promise<error_code>> promise_ = std::make_shared<std::promise<error_code>>();
};

/// Sends commands, cancels some, and sees each of them end.
void use_from_this_thread(coqmp::session& client, int number)
{
    auto stream = client.subscribe();
    for (int round = 0; round < 100; ++round) {
        asio::cancellation_signal signal;
        auto kept = client.async_execute("query-status", asio::use_future);
        promised_error const ended;
        auto cancelled = ended.get_future();
        client.async_execute("query-status", asio::bind_cancellation_slot(signal.slot(), ended));
        if ((round + number) % 3 != 0)
            signal.emit(asio::cancellation_type::terminal);
        if (!kept.get().has_value() || client.counters().commands == 0 || client.greeting().version.major != 7)
            throw std::logic_error("not what the peer says");
        error_code const error = cancelled.get();
        if (error && error != asio::error::operation_aborted)
            throw boost::system::system_error(error);
        static_cast<void>(stream.try_next());
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_session_on_a_strand_is_used_from_eight_threads)
{
    served_peer peer;
    asio::thread_pool pool(4);
    coqmp::session client(asio::make_strand(pool.get_executor()));
    client.async_connect(peer.address(), asio::use_future).get();
    std::vector<std::future<void>> users;
    for (int number = 0; number < 8; ++number)
        users.push_back(std::async(std::launch::async, [&client, number] { use_from_this_thread(client, number); }));
    for (auto& each : users)
        BOOST_CHECK_NO_THROW(each.get());
    client.async_close(asio::use_future).get();
    pool.join();
}

BOOST_AUTO_TEST_CASE(a_session_is_destroyed_while_its_operations_are_pending_on_other_threads)
{
    for (int round = 0; round < 50; ++round) {
        served_peer peer;
        asio::thread_pool pool(4);
        std::optional<coqmp::session> client(asio::make_strand(pool.get_executor()));
        client->async_connect(peer.address(), asio::use_future).get();
        std::vector<std::future<error_code>> pending;
        for (int index = 0; index < 20; ++index) {
            promised_error const ended;
            pending.push_back(ended.get_future());
            client->async_execute("query-status", ended);
        }
        client.reset();
        for (auto& each : pending) {
            error_code const error = each.get();
            BOOST_TEST((!error || error == coqmp::errc::disconnected));
        }
        pool.join();
    }
}
