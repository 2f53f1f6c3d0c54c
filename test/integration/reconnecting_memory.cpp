// What a reconnecting session does when there is no memory: an operation throws and never completes, or completes once.
#include "support/conversation.hpp"
#include "support/memory.hpp"
#include "support/reconnecting.hpp"
#include "support/scarce_memory.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <new>
#include <optional>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::connection_state;
using coqmp::errc;
using coqmp::unsent_commands;

namespace {

struct attempt
{
    bool threw = false;
    int completions = 0;
    error_code error;
};

/// Starts a command when there is memory for so many allocations.
void start(attempt& result, coqmp::reconnecting_session& client, std::size_t allocations)
{
    coqmp::command what("query-status");
    auto const handler = [&result](error_code error, coqmp::reply const&) {
        ++result.completions;
        result.error = error;
    };
    scarce_memory const scarce(allocations);
    try {
        client.async_execute(std::move(what), handler);
    } catch (std::bad_alloc const&) {
        result.threw = true;
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_reconnecting_session_without_memory)

COROUTINE_TEST_CASE(throws_or_completes_a_command_once_wherever_the_memory_ends)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    co_await monitor.begin();
    bool failed = true;
    int failures = 0;
    for (std::size_t allocations = 0; failed; ++allocations) {
        attempt now;
        start(now, monitor.client, allocations);
        co_await settle();
        if (!now.threw && now.completions == 0)
            co_await monitor.peer->serve("query-status");
        co_await settle();
        auto const next = monitor.ask("query-status");
        co_await monitor.peer->serve("query-status");
        error_code const error = co_await next.done();
        BOOST_TEST(!error);
        BOOST_TEST(now.completions == (now.threw ? 0 : 1));
        failed = now.threw || now.error == errc::out_of_memory;
        failures += failed ? 1 : 0;
    }
    BOOST_TEST(failures > 1);
}

COROUTINE_TEST_CASE(keeps_or_fails_a_command_once_while_there_is_no_connection)
{
    intermittent_monitor monitor(co_await this_coro::executor, regular_pauses(unsent_commands::wait));
    int failures = 0;
    attempt last;
    last.threw = true;
    for (std::size_t allocations = 0; last.threw; ++allocations) {
        last = attempt();
        start(last, monitor.client, allocations);
        failures += last.threw ? 1 : 0;
        co_await settle();
        BOOST_TEST(last.completions == 0);
    }
    BOOST_TEST(failures > 1);
    monitor.client.close();
    co_await settle();
    BOOST_TEST(last.completions == 1);
}

COROUTINE_TEST_CASE(pauses_after_an_attempt_without_memory_and_connects_in_the_end)
{
    intermittent_monitor monitor(co_await this_coro::executor);
    auto events = monitor.client.subscribe();
    co_await monitor.begin();
    coqmp::connection_status now = co_await monitor.lose();
    std::optional<scarce_memory> scarce;
    std::uint64_t failures = 0;
    for (bool has_failed = true; has_failed;) {
        asio::post(monitor.executor, [&] { scarce.emplace(failures); });
        monitor.time.advance(now.pause);  // its handler is the next
        asio::post(monitor.executor, [&] { scarce.reset(); });
        co_await settle();
        has_failed = monitor.client.status().failed_attempts > failures;
        if (has_failed) {
            now = monitor.client.status();
            BOOST_TEST(now.reason == errc::out_of_memory);
            ++failures;
        }
    }
    for (bool has_met = false; !has_met;) {
        try {
            co_await monitor.meet();
            has_met = true;
        } catch (boost::system::system_error const&) {
            continue;  // a connection of an earlier attempt
        }
    }
    BOOST_TEST(failures > 1U);
    BOOST_TEST(take_names(events) == "| ");
}

COROUTINE_TEST_CASE(costs_at_most_4_kib_above_a_session)
{
    auto const executor = co_await this_coro::executor;
    constexpr std::size_t count = 50;
    std::deque<fake_peer> peers;
    for (std::size_t number = 0; number < 2 * count; ++number)
        peers.push_back(fake_peer::pair(executor));
    std::deque<coqmp::session> plain;
    std::size_t const begin = allocated_bytes();
    for (std::size_t number = 0; number < count; ++number) {
        plain.emplace_back(executor);
        co_await meet(plain.back(), peers[number]);
    }
    std::size_t const middle = allocated_bytes();
    std::deque<coqmp::reconnecting_session> lasting;
    for (std::size_t number = 0; number < count; ++number) {
        lasting.emplace_back(executor, peers[count + number].address());
        lasting.back().start();
        co_await peers[count + number].handshake();
        co_await reach(lasting.back(), connection_state::connected);
    }
    std::size_t const more = (allocated_bytes() - middle) - (middle - begin);
    BOOST_TEST_MESSAGE("above a session: " << more / count << " bytes");
    BOOST_TEST(more / count <= std::size_t{4} << 10);
}

BOOST_AUTO_TEST_SUITE_END()
