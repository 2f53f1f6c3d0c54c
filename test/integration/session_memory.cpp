// What a session does when there is no memory: an operation throws and never completes, or completes once.
#include "support/conversation.hpp"
#include "support/scarce_memory.hpp"
#include "support/simulated_time.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>

using namespace coqmp::test;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

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
    scarce_memory const scarce(allocations, size);
    try {
        talk.client.async_execute(std::move(what), handler);
    } catch (std::bad_alloc const&) {
        result.threw = true;
    }
    return result;
}

/// Takes the blocks that Asio keeps for the next handlers, and gives them back when those have run.
void use_up_recycled_memory(asio::any_io_executor const& executor)
{
    for (int count = 0; count < 8; ++count)
        asio::post(executor, [kept = std::array<std::byte, 16>()] { static_cast<void>(kept); });
}

/// No memory during the handlers that are queued from now on until relief() is called.
class famine
{
public:
    explicit famine(asio::any_io_executor executor) : executor_(std::move(executor))
    {
        use_up_recycled_memory(executor_);
        asio::post(executor_, [this] { scarce_.emplace(0); });
    }

    /// Queues the end of the famine.
    void relief()
    {
        asio::post(executor_, [this] { scarce_.reset(); });
    }

private:
    asio::any_io_executor executor_;
    std::optional<scarce_memory> scarce_;
};

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
    auto scarce = std::make_unique<scarce_memory>(no_limit, std::size_t{8} << 20);
    error_code const error = co_await large.done();
    scarce.reset();
    BOOST_TEST(error == errc::out_of_memory);
    BOOST_TEST(error == errc::outcome_unknown);
    co_await closed.done();
    BOOST_TEST(closed.value().reason == errc::out_of_memory);
}

COROUTINE_TEST_CASE(closing_needs_no_memory_and_all_operations_complete)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    auto const command = talk.ask("query-status");
    completion<coqmp::session_end> first(executor);
    completion<coqmp::session_end> second(executor);
    talk.client.async_wait_closed(first.token());
    talk.client.async_wait_closed(second.token());
    auto stream = talk.client.subscribe();
    completion<coqmp::event> next(executor);
    stream.async_next(next.token());
    use_up_recycled_memory(executor);
    {
        scarce_memory const none(0);
        talk.client.close();
    }
    error_code error = co_await command.done();
    BOOST_TEST(error == errc::disconnected);
    error = co_await first.done();
    BOOST_TEST(error == error_code());
    error = co_await second.done();
    BOOST_TEST(error == error_code());
    error = co_await next.done();
    BOOST_TEST(error == errc::end_of_stream);
}

COROUTINE_TEST_CASE(closing_while_connecting_needs_no_memory)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    use_up_recycled_memory(executor);
    {
        scarce_memory const none(0);
        talk.client.close();
    }
    error_code const error = co_await connected.done();
    BOOST_TEST(error == asio::error::operation_aborted);
}

COROUTINE_TEST_CASE(what_a_handler_finishes_needs_no_memory_to_complete)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    completion<reply> other(executor);
    std::optional<scarce_memory> none;
    talk.client.async_execute("first", [&](error_code, reply const&) {
        talk.client.async_execute("second", other.token());
        use_up_recycled_memory(executor);
        asio::post(executor, [&none] { none.reset(); });
        none.emplace(0);
        talk.client.close();  // and this handler returns to a session without a socket
    });
    co_await talk.peer.serve("first");
    error_code const error = co_await other.done();
    BOOST_TEST(error == errc::disconnected);
}

COROUTINE_TEST_CASE(deadlines_need_no_memory)
{
    auto const executor = co_await this_coro::executor;
    auto& time = simulate_time(executor);
    conversation talk(executor);
    co_await talk.begin();
    auto const later = talk.ask(command("later").timeout(std::chrono::seconds(2)));
    auto const sooner = talk.ask(command("sooner").timeout(std::chrono::seconds(1)));
    co_await talk.peer.expect("later");
    famine hunger(executor);
    time.advance(std::chrono::seconds(1));
    hunger.relief();
    error_code error = co_await sooner.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(later.times() == 0);
    time.advance(std::chrono::seconds(1));
    error = co_await later.done();
    BOOST_TEST(error == errc::timed_out);
}
