// The stream that people hold: its coroutine, its end, and what a loop of `next() || timer` loses (nothing).
#include <coqmp/event_stream.hpp>

#include "unit/reader.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace asio = boost::asio;
using namespace coqmp;
using coqmp::detail::an_event;
using coqmp::detail::subscription;

namespace {

// Only a session makes streams, and only the peer makes events: here they come without one. A template argument may name what
// is private, and so a friend of this template can be told of it.
template <auto Member>
struct opened
{
    friend std::shared_ptr<subscription> const& state_of(event_stream& stream) { return (stream.*Member).pointer(); }
};
std::shared_ptr<subscription> const& state_of(event_stream& stream);
template struct opened<&event_stream::impl_>;

struct fixture
{
    asio::io_context context;
    session unconnected{context.get_executor()};
    event_stream events = unconnected.subscribe({}, 10);

    void push(std::string name) { state_of(events)->push(an_event(std::move(name))); }

    void settle()
    {
        context.restart();
        context.poll();
    }
};

/// Says when a coroutine's frame, of which it is a local, is gone.
struct witness
{
    explicit witness(bool& gone) : gone_(gone) {}
    witness(witness const&) = delete;
    witness& operator=(witness const&) = delete;
    ~witness() { gone_ = true; }

private:
    bool& gone_;
};

asio::awaitable<void> read_all(event_stream& events, std::string& seen)
{
    std::string const last_word = "end";  // g++ 12 needs a local before a co_await in a condition
    while (auto const event = co_await events.next())
        seen += event->name + " ";
    seen += last_word;
}

asio::awaitable<void> own_and_wait(event_stream events, bool& gone)
{
    witness const here(gone);
    static_cast<void>(co_await events.next());
}

asio::awaitable<void> wait_for_one(event_stream& events, std::optional<event>& got, bool& done)
{
    got = co_await events.next();
    done = true;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_stream, fixture)

BOOST_AUTO_TEST_CASE(drives_a_loop_until_its_end)
{
    std::string seen;
    asio::co_spawn(context, read_all(events, seen), asio::detached);
    push("A");
    settle();
    push("B");
    push("C");
    state_of(events)->end(make_error_code(errc::end_of_stream));
    settle();
    BOOST_TEST(seen == "A B C end");
}

BOOST_AUTO_TEST_CASE(that_is_closed_ends_the_loop_at_once)
{
    std::string seen;
    asio::co_spawn(context, read_all(events, seen), asio::detached);
    settle();
    push("A");
    events.close();
    settle();
    BOOST_TEST(seen == "end");
    BOOST_TEST(!events.try_next().has_value());
}

BOOST_AUTO_TEST_CASE(says_what_it_lost)
{
    event_stream small = unconnected.subscribe({}, 2);
    for (char const* name : {"A", "B", "C"})
        state_of(small)->push(an_event(name));
    BOOST_TEST(small.lost() == 1U);
    auto const oldest = small.try_next();
    BOOST_REQUIRE(oldest.has_value());
    BOOST_TEST(oldest->name == "B");
    BOOST_TEST(oldest->lost_before == 1U);
}

BOOST_AUTO_TEST_CASE(rejects_a_second_reader)
{
    std::string seen;
    std::exception_ptr problem;
    asio::co_spawn(context, read_all(events, seen), asio::detached);
    asio::co_spawn(context, read_all(events, seen), [&](std::exception_ptr thrown) { problem = thrown; });
    settle();
    BOOST_REQUIRE(problem != nullptr);
    BOOST_CHECK_EXCEPTION(std::rethrow_exception(problem), boost::system::system_error,
                          [](auto const& error) { return error.code() == errc::operation_in_progress; });
    push("A");
    settle();
    BOOST_TEST(seen == "A ");
}

BOOST_AUTO_TEST_CASE(works_with_every_token)
{
    std::string seen;
    events.async_next([&](boost::system::error_code, event what) { seen += what.name; });
    push("A");
    settle();
    events.async_next()([&](boost::system::error_code, event what) { seen += what.name; });
    push("B");
    settle();
    auto future = events.async_next(asio::use_future);
    push("C");
    settle();
    BOOST_TEST(future.get().name == "C");
    BOOST_TEST(seen == "AB");
}

BOOST_AUTO_TEST_CASE(that_is_destroyed_ends_a_wait)
{
    boost::system::error_code result;
    int calls = 0;
    {
        event_stream short_lived = unconnected.subscribe({}, 1);
        short_lived.async_next([&](boost::system::error_code error, event) {
            result = error;
            ++calls;
        });
        settle();
        BOOST_TEST(calls == 0);
    }
    BOOST_TEST(calls == 0);
    settle();
    BOOST_TEST(calls == 1);
    BOOST_TEST((result == errc::end_of_stream));
}

BOOST_AUTO_TEST_CASE(that_is_destroyed_ends_a_coroutine_that_reads_it)
{
    auto stream = std::make_unique<event_stream>(unconnected.subscribe({}, 1));
    std::optional<event> got;
    bool done = false;
    asio::co_spawn(context, wait_for_one(*stream, got, done), asio::detached);
    settle();
    BOOST_TEST(!done);
    stream.reset();
    settle();
    BOOST_TEST(done);
    BOOST_TEST(!got.has_value());
}

BOOST_AUTO_TEST_CASE(that_another_is_moved_to_ends)
{
    std::string seen;
    event_stream other = unconnected.subscribe({}, 1);
    asio::co_spawn(context, read_all(events, seen), asio::detached);
    settle();
    events = std::move(other);
    state_of(events)->push(an_event("A"));
    settle();
    BOOST_TEST(seen == "end");
    BOOST_TEST(events.try_next().has_value());
}

BOOST_AUTO_TEST_CASE(goes_on_for_its_reader_when_it_is_moved)
{
    std::optional<event> got;
    bool done = false;
    asio::co_spawn(context, wait_for_one(events, got, done), asio::detached);
    settle();
    event_stream other = std::move(events);
    state_of(other)->push(an_event("A"));
    settle();
    BOOST_TEST(done);
    BOOST_TEST(got.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_coroutine_that_owns_its_stream)

BOOST_AUTO_TEST_CASE(is_gone_when_its_context_is_gone)
{
    bool gone = false;
    {
        asio::io_context context;
        session unconnected(context.get_executor());
        asio::co_spawn(context, own_and_wait(unconnected.subscribe({}, 1), gone), asio::detached);
        context.poll();
        BOOST_TEST(!gone);
    }
    BOOST_TEST(gone);
}

BOOST_AUTO_TEST_CASE(is_gone_when_its_context_is_gone_with_an_event_on_its_way)
{
    bool gone = false;
    {
        asio::io_context context;
        session unconnected(context.get_executor());
        event_stream events = unconnected.subscribe({}, 1);
        std::shared_ptr<subscription> const state = state_of(events);
        asio::co_spawn(context, own_and_wait(std::move(events), gone), asio::detached);
        context.poll();
        state->push(an_event("A"));
        BOOST_TEST(!gone);
    }
    BOOST_TEST(gone);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(next_or_timer, fixture, *boost::unit_test::timeout(50))

constexpr int rounds = 1'000;

asio::awaitable<void> until_woken(asio::steady_timer& wake)
{
    auto wait = wake.async_wait(asio::as_tuple(asio::use_awaitable));
    static_cast<void>(co_await std::move(wait));
}

asio::awaitable<void> read_with_timer(event_stream& events, asio::steady_timer& wake, bool const& over, int& seen, int& woken)
{
    using namespace asio::experimental::awaitable_operators;
    bool in_order = true;
    while (!over) {
        auto race = events.next() || until_woken(wake);
        auto const winner = co_await std::move(race);
        if (winner.index() == 1) {
            ++woken;
        } else if (auto const& got = std::get<0>(winner)) {
            in_order = in_order && got->name == std::to_string(seen);
            ++seen;
        }
    }
    BOOST_TEST(in_order);
}

BOOST_AUTO_TEST_CASE(loses_nothing_in_a_thousand_rounds)
{
    event_stream large = unconnected.subscribe({}, rounds);
    events = std::move(large);
    asio::steady_timer wake(context, asio::steady_timer::time_point::max());
    bool over = false;
    int seen = 0;
    int woken = 0;
    asio::co_spawn(context, read_with_timer(events, wake, over, seen, woken), asio::detached);
    auto const state = state_of(events);
    // Events come while the other side of `||` completes, before it and after it: each moment of the race has its turn.
    auto push_at_all_moments = [&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        for (int round = 0; round < rounds; ++round) {
            for (int pause = 0; pause < round % 7; ++pause)
                co_await asio::post(executor, asio::use_awaitable);
            if (round % 2 == 0)
                wake.cancel();
            state->push(an_event(std::to_string(round)));
            if (round % 3 == 0)
                wake.cancel();
        }
        while (seen < rounds)
            co_await asio::post(executor, asio::use_awaitable);
        over = true;
        events.close();
    };
    asio::co_spawn(context, push_at_all_moments(), asio::detached);
    context.run();
    BOOST_TEST(seen == rounds);
    BOOST_TEST(woken > 0);
    BOOST_TEST(state->lost() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_reader_on_its_own_thread, *boost::unit_test::timeout(50))

BOOST_AUTO_TEST_CASE(gets_all_events_of_another)
{
    constexpr int count = 10'000;
    asio::io_context context;
    session unconnected(context.get_executor());
    event_stream events = unconnected.subscribe({}, count);
    std::string seen;
    asio::co_spawn(context, read_all(events, seen), asio::detached);
    std::thread runner([&context] { context.run(); });
    auto const state = state_of(events);
    for (int number = 0; number < count; ++number)
        state->push(an_event("E"));
    state->end(make_error_code(errc::end_of_stream));
    runner.join();
    BOOST_TEST(seen.size() == 2 * std::size_t{count} + 3);
}

BOOST_AUTO_TEST_SUITE_END()
