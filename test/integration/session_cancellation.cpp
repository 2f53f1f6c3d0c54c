// Cancellation of every kind at every moment, and completion tokens of every kind.
#include "support/conversation.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

namespace asio = boost::asio;
using asio::cancellation_type;
using namespace coqmp::test;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

namespace {

// g++ 12 takes no initializer list in a loop of a coroutine.
constexpr std::array kinds = {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total};
constexpr std::array abandoning = {cancellation_type::terminal, cancellation_type::partial};

/// One command on the wire and one behind it, each with a signal that cancels it.
struct two_commands
{
    explicit two_commands(asio::any_io_executor executor) : talk(executor, window_of_one()), sent(executor), waiting(executor) {}

    static coqmp::session_options window_of_one()
    {
        coqmp::session_options options;
        options.in_band_window = 1;
        return options;
    }

    asio::awaitable<void> begin()
    {
        co_await talk.begin();
        talk.client.async_execute("sent", asio::bind_cancellation_slot(sent_signal.slot(), sent.token()));
        talk.client.async_execute("waiting", asio::bind_cancellation_slot(waiting_signal.slot(), waiting.token()));
        sent_id = co_await talk.peer.expect("sent");
    }

    conversation talk;
    completion<reply> sent;
    completion<reply> waiting;
    asio::cancellation_signal sent_signal;
    asio::cancellation_signal waiting_signal;
    json::value sent_id;
};

/// Counts what it allocates.
template <class T>
struct counting_allocator
{
    using value_type = T;

    explicit counting_allocator(int& where) noexcept : count(&where) {}
    template <class Other>
    counting_allocator(counting_allocator<Other> const& other) noexcept : count(other.count)
    {}

    T* allocate(std::size_t number)
    {
        ++*count;
        return std::allocator<T>().allocate(number);
    }
    void deallocate(T* where, std::size_t number) { std::allocator<T>().deallocate(where, number); }

    template <class Other>
    friend bool operator==(counting_allocator const& left, counting_allocator<Other> const& right) noexcept
    {
        return left.count == right.count;
    }

    int* count;
};

}  // namespace

COROUTINE_TEST_CASE(a_waiting_command_that_is_cancelled_in_any_way_is_never_sent)
{
    for (auto const kind : kinds) {
        two_commands both(co_await this_coro::executor);
        co_await both.begin();
        both.waiting_signal.emit(kind);
        error_code const error = co_await both.waiting.done();
        BOOST_TEST(error == asio::error::operation_aborted);
        BOOST_TEST(!both.waiting.value().was_sent());
        both.talk.peer.answer(both.sent_id);
        auto next = both.talk.ask("next");
        co_await both.talk.peer.serve("next");
        co_await next.done();
        BOOST_TEST(both.talk.client.counters().commands == 2U);
    }
}

COROUTINE_TEST_CASE(a_command_on_the_wire_that_is_cancelled_is_abandoned_and_its_reply_dropped)
{
    for (auto const kind : abandoning) {
        two_commands both(co_await this_coro::executor);
        co_await both.begin();
        both.sent_signal.emit(kind);
        error_code const error = co_await both.sent.done();
        BOOST_TEST(error == asio::error::operation_aborted);
        BOOST_TEST(error != errc::outcome_unknown);
        BOOST_TEST(both.sent.value().was_sent());
        BOOST_TEST(!both.talk.peer.has_input(), "it keeps its place in the window");
        both.talk.peer.answer(both.sent_id, "late");
        co_await both.talk.peer.serve("waiting", "mine");
        co_await both.waiting.done();
        BOOST_TEST(both.waiting.value() == reply(json::value("mine")));
        BOOST_TEST(both.talk.client.counters().late_replies == 1U);
    }
}

COROUTINE_TEST_CASE(a_total_cancellation_does_nothing_to_a_command_on_the_wire)
{
    two_commands both(co_await this_coro::executor);
    co_await both.begin();
    both.sent_signal.emit(cancellation_type::total);
    both.talk.peer.answer(both.sent_id, "answer");
    error_code const error = co_await both.sent.done();
    BOOST_TEST(error == error_code());
    co_await both.talk.peer.serve("waiting");
    co_await both.waiting.done();
}

COROUTINE_TEST_CASE(a_command_can_be_cancelled_before_the_session_has_seen_it)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    for (auto const kind : kinds) {
        completion<reply> aborted(executor);
        completion<coqmp::session_end> not_closed(executor);
        asio::cancellation_signal command_signal;
        asio::cancellation_signal wait_signal;
        // From another thread the session gets to know of them when this one runs its context again, after the cancellation.
        std::thread([&] {
            talk.client.async_execute("never", asio::bind_cancellation_slot(command_signal.slot(), aborted.token()));
            talk.client.async_wait_closed(asio::bind_cancellation_slot(wait_signal.slot(), not_closed.token()));
        }).join();
        command_signal.emit(kind);
        wait_signal.emit(kind);
        error_code error = co_await aborted.done();
        BOOST_TEST(error == asio::error::operation_aborted);
        BOOST_TEST(!aborted.value().was_sent());
        error = co_await not_closed.done();
        BOOST_TEST(error == asio::error::operation_aborted);
    }
    BOOST_TEST(talk.client.counters().commands == 0U);
}

COROUTINE_TEST_CASE(a_command_can_be_cancelled_from_another_thread)
{
    two_commands both(co_await this_coro::executor);
    co_await both.begin();
    std::thread([&] { both.sent_signal.emit(cancellation_type::terminal); }).join();
    error_code const error = co_await both.sent.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    both.talk.peer.answer(both.sent_id);
    co_await both.talk.peer.serve("waiting");
    co_await both.waiting.done();
}

COROUTINE_TEST_CASE(a_reply_that_came_wins_over_a_cancellation)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    asio::cancellation_signal signal;
    completion<reply> second(executor);
    // Both replies are read at once; the first one's handler cancels the second command, whose reply is there already.
    completion<reply> first(executor);
    talk.client.async_execute("first", [&signal, end = first.token()](error_code error, reply answer) mutable {
        signal.emit(cancellation_type::terminal);
        end(error, std::move(answer));
    });
    talk.client.async_execute("second", asio::bind_cancellation_slot(signal.slot(), second.token()));
    json::value const one = co_await talk.peer.expect("first");
    json::value const two = co_await talk.peer.expect("second");
    talk.peer.answer(one);
    talk.peer.answer(two, 2);
    co_await first.done();
    error_code const error = co_await second.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(second.value() == reply(json::value(2)));
}

COROUTINE_TEST_CASE(handlers_never_run_inside_the_call_that_starts_the_operation)
{
    conversation talk(co_await this_coro::executor);
    auto refused = talk.ask("query-status");  // not connected: the outcome is known at once
    BOOST_TEST(refused.times() == 0);
    completion<coqmp::session_end> closed(talk.client.get_executor());
    talk.client.close();
    talk.client.async_wait_closed(closed.token());
    BOOST_TEST(closed.times() == 0);
    auto stream = talk.client.subscribe();
    completion<coqmp::event> none(talk.client.get_executor());
    stream.async_next(none.token());
    BOOST_TEST(none.times() == 0);
    co_await refused.done();
    co_await closed.done();
    error_code const error = co_await none.done();
    BOOST_TEST(error == errc::end_of_stream);
}

COROUTINE_TEST_CASE(every_token_that_waits_inside_a_coroutine_works)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    asio::co_spawn(
        executor,
        [](fake_peer& peer) -> asio::awaitable<void> {
            for (int count = 0; count < 4; ++count)
                co_await peer.serve("query-status", 7);
        }(talk.peer),
        asio::detached);
    reply answer = co_await talk.client.async_execute("query-status");
    BOOST_TEST(answer == reply(json::value(7)));
    answer = co_await talk.client.async_execute("query-status", asio::deferred);
    BOOST_TEST(answer == reply(json::value(7)));
    answer = co_await talk.client.async_execute("query-status", asio::use_awaitable);
    BOOST_TEST(answer == reply(json::value(7)));
    auto const [error, same] = co_await talk.client.async_execute("query-status", asio::as_tuple(asio::use_awaitable));
    BOOST_TEST(error == error_code());
    BOOST_TEST(same == answer);
}

COROUTINE_TEST_CASE(handlers_run_on_their_executor)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    asio::thread_pool elsewhere(1);
    std::promise<std::thread::id> ran_on;
    auto future = ran_on.get_future();
    talk.client.async_execute("query-status", asio::bind_executor(elsewhere, [&ran_on](error_code, reply const&) {
                                  ran_on.set_value(std::this_thread::get_id());
                              }));
    co_await talk.peer.serve("query-status");
    auto next = talk.ask("next");
    co_await talk.peer.serve("next");
    co_await next.done();
    BOOST_TEST((future.get() != std::this_thread::get_id()));
    elsewhere.join();
}

COROUTINE_TEST_CASE(the_handlers_allocator_is_used)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    int allocations = 0;
    completion<reply> refused(executor);
    talk.client.async_execute("query-status", asio::bind_allocator(counting_allocator<void*>(allocations), refused.token()));
    co_await refused.done();
    BOOST_TEST(allocations > 0);
}

BOOST_AUTO_TEST_CASE(a_future_gets_the_reply)
{
    asio::io_context context;
    conversation talk(context.get_executor());
    auto const run_until = [&context](auto const& future) {
        while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            context.run_one();
    };
    std::future<void> const connected = talk.client.async_connect(talk.peer.address(), asio::use_future);
    asio::co_spawn(context, talk.peer.handshake(), asio::detached);
    run_until(connected);
    std::future<reply> answer = talk.client.async_execute("query-status", asio::use_future);
    asio::co_spawn(context, talk.peer.serve("query-status", 7), asio::detached);
    run_until(answer);
    BOOST_TEST(answer.get() == reply(json::value(7)));
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_does_not_lose_the_others)
{
    asio::io_context context;
    conversation talk(context.get_executor());
    int completed = 0;
    int thrown = 0;
    for (int index = 0; index < 5; ++index)
        talk.client.async_execute("query-status", [&completed](error_code, reply const&) {
            ++completed;
            throw std::runtime_error("a user's mistake");
        });
    talk.client.async_close([&completed](error_code) { ++completed; });
    for (bool done = false; !done;)
        try {
            context.run();
            done = true;
        } catch (std::exception const&) {  // Asio's multiple_exceptions, if several were thrown in one step
            ++thrown;
        }
    BOOST_TEST(completed == 6);
    BOOST_TEST(thrown > 0);
}

BOOST_AUTO_TEST_CASE(a_handler_may_run_the_context)
{
    asio::io_context context;
    conversation talk(context.get_executor());
    int completed = 0;
    for (int index = 0; index < 5; ++index)
        talk.client.async_execute("query-status", [&](error_code, reply const&) {
            ++completed;
            context.poll();
        });
    context.poll();
    BOOST_TEST(completed == 5);
}
