// What a session does when there is no memory: an operation throws and never completes, or completes once.
#include "support/conversation.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
std::size_t largest_possible = no_limit;
std::size_t allocations_left = no_limit;

}  // namespace

void* operator new(std::size_t size)
{
    if (allocations_left == 0 || size > largest_possible)
        throw std::bad_alloc();
    if (allocations_left != no_limit)
        --allocations_left;
    if (void* memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

namespace asio = boost::asio;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using namespace coqmp::test;
using coqmp::command;
using coqmp::errc;

namespace {

struct attempt
{
    bool threw = false;
    int completions = 0;
    error_code error;
};

/// Starts a command when there is memory for so many allocations of at most this size.
attempt& start(attempt& result, conversation& talk, command what, std::size_t allocations, std::size_t size)
{
    auto const handler = [&result](error_code error, coqmp::reply const&) {
        ++result.completions;
        result.error = error;
    };
    allocations_left = allocations;
    largest_possible = size;
    try {
        talk.client.async_execute(std::move(what), handler);
    } catch (std::bad_alloc const&) {
        result.threw = true;
    }
    allocations_left = largest_possible = no_limit;
    return result;
}

/// Answers everything until the command has completed.
asio::awaitable<void> serve_until_complete(conversation& talk, attempt const& what)
{
    while (what.completions == 0) {
        if (talk.peer.has_input())
            co_await talk.peer.serve("query-status");
        else
            co_await asio::post(asio::deferred);
    }
}

}  // namespace

COROUTINE_TEST_CASE(a_command_without_memory_fails_at_once_and_is_not_sent)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    attempt large;
    command what("query-status");
    what.with("data", std::string(std::size_t{40} << 20, 'x'));
    start(large, talk, std::move(what), no_limit, std::size_t{8} << 20);
    BOOST_TEST(!large.threw);
    while (large.completions == 0)
        co_await asio::post(asio::deferred);
    BOOST_TEST(large.error == errc::out_of_memory);
    BOOST_TEST(large.error == errc::not_sent);
    auto next = talk.ask("query-status");
    co_await talk.peer.serve("query-status");
    error_code const error = co_await next.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(large.completions == 1);
}

COROUTINE_TEST_CASE(a_command_throws_or_completes_once_wherever_the_memory_ends)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    bool failed = true;
    std::size_t throws = 0;
    std::size_t refusals = 0;
    for (std::size_t allocations = 0; failed; ++allocations) {
        attempt now;
        command what("query-status");
        what.with("a", std::string(100, 'a'));  // longer than the output's room, which is that of the last command
        what.with("b", std::string(allocations * 100, 'b'));
        start(now, talk, std::move(what), allocations, no_limit);
        throws += now.threw ? 1 : 0;
        if (!now.threw)
            co_await serve_until_complete(talk, now);
        auto next = talk.ask("query-status");
        co_await talk.peer.serve("query-status");
        error_code const error = co_await next.done();
        BOOST_TEST(error == error_code());
        BOOST_TEST(now.completions == (now.threw ? 0 : 1));
        bool const refused = now.error == errc::out_of_memory;
        refusals += refused ? 1 : 0;
        failed = now.threw || refused;
    }
    BOOST_TEST(throws + refusals > 1U);
}

COROUTINE_TEST_CASE(a_message_without_memory_ends_its_session_and_nothing_else)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    completion<coqmp::session_end> closed(talk.client.get_executor());
    talk.client.async_wait_closed(closed.token());
    auto const large = talk.ask("query-status");
    boost::json::value const id = co_await talk.peer.expect("query-status");
    talk.peer.answer(id, boost::json::value(std::string(std::size_t{40} << 20, 'x')));
    largest_possible = std::size_t{8} << 20;
    error_code const error = co_await large.done();
    largest_possible = no_limit;
    BOOST_TEST(error == errc::out_of_memory);
    BOOST_TEST(error == errc::outcome_unknown);
    co_await closed.done();
    BOOST_TEST(closed.value().reason == errc::out_of_memory);
}
