// A moved-from handle reports an error or does nothing, whichever function is called.
#include "support/conversation.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>

using namespace coqmp::test;
using coqmp::errc;
using coqmp::reply;

namespace {

/// What an operation throws.
template <class Result>
asio::awaitable<error_code> error_of(asio::awaitable<Result> operation)
{
    error_code result;
    try {
        co_await std::move(operation);
    } catch (boost::system::system_error const& error) {
        result = error.code();
    }
    co_return result;
}

bool is_unsent(error_code error)
{
    return error == errc::disconnected && error == errc::not_sent;
}

}  // namespace

COROUTINE_TEST_CASE(a_session_that_was_moved_from_refuses_commands)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    coqmp::session const moved = std::move(talk.client);
    auto const first = talk.ask("query-status");
    error_code const asked = co_await first.done();
    BOOST_TEST(is_unsent(asked));
    error_code const executed = co_await error_of(talk.client.execute("query-status"));
    BOOST_TEST(is_unsent(executed));
    error_code const waited = co_await error_of(talk.client.execute_until("stop", coqmp::event_filter("STOP")));
    BOOST_TEST(is_unsent(waited));
    error_code const ended = co_await error_of(talk.client.quit());
    BOOST_TEST(is_unsent(ended));
    BOOST_TEST(!talk.peer.has_input());
}

COROUTINE_TEST_CASE(a_session_that_was_moved_from_connects_and_closes_nothing)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    coqmp::session moved = std::move(talk.client);
    coqmp::session& husk = talk.client;

    std::array<int, 2> pair{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    completion<> connected(executor);
    husk.async_connect(coqmp::endpoint::descriptor(coqmp::descriptor(pair[0])), connected.token());
    error_code const refused = co_await connected.done();
    BOOST_TEST(refused == make_error_code(errc::disconnected));
    char byte = 0;
    BOOST_TEST(::recv(pair[1], &byte, 1, MSG_DONTWAIT) == 0);  // the descriptor was closed
    ::close(pair[1]);

    husk.close();
    completion<> closed(executor);
    husk.async_close(closed.token());
    error_code const closing = co_await closed.done();
    BOOST_TEST(closing == error_code());
    completion<coqmp::session_end> over(executor);
    husk.async_wait_closed(over.token());
    error_code const waited = co_await over.done();
    BOOST_TEST(waited == error_code());
    BOOST_TEST(over.value().reason == make_error_code(errc::disconnected));

    completion<reply> answer(executor);
    moved.async_execute("query-status", answer.token());
    co_await talk.peer.serve("query-status");
    error_code const answered = co_await answer.done();
    BOOST_TEST(answered == error_code());
}

COROUTINE_TEST_CASE(a_session_that_was_moved_from_knows_nothing_but_its_executor)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    coqmp::session const moved = std::move(talk.client);
    BOOST_TEST((talk.client.get_executor() == executor));
    BOOST_TEST(talk.client.greeting().capabilities.size() == 0U);
    BOOST_TEST(moved.greeting().capabilities.size() == 1U);
    BOOST_TEST(!talk.client.out_of_band_enabled());
    BOOST_TEST(moved.out_of_band_enabled());
    BOOST_TEST(talk.client.counters().bytes_sent == 0U);
    BOOST_TEST(moved.counters().bytes_sent != 0U);
}

COROUTINE_TEST_CASE(a_stream_of_a_session_that_was_moved_from_has_ended)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    coqmp::session moved = std::move(talk.client);
    coqmp::event_stream none = talk.client.subscribe();
    talk.peer.event("STOP");
    auto const nothing = co_await none.next();
    BOOST_TEST(!nothing);
    coqmp::event_stream events = moved.subscribe();
    auto const stop = co_await events.next();
    BOOST_TEST(stop.value().name == "STOP");
}

COROUTINE_TEST_CASE(a_stream_that_was_moved_from_has_ended)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    coqmp::event_stream husk = talk.client.subscribe();
    coqmp::event_stream events = std::move(husk);
    auto const nothing = co_await husk.next();
    BOOST_TEST(!nothing);
    completion<coqmp::event> read(executor);
    husk.async_next(read.token());
    error_code const ended = co_await read.done();
    BOOST_TEST(ended == make_error_code(errc::end_of_stream));
    BOOST_TEST(!husk.try_next());
    BOOST_TEST(husk.lost() == 0U);
    husk.close();
    talk.peer.event("STOP");
    auto const stop = co_await events.next();
    BOOST_TEST(stop.value().name == "STOP");
    husk = std::move(events);
    talk.peer.event("RESUME");
    auto const resume = co_await husk.next();
    BOOST_TEST(resume.value().name == "RESUME");
}

COROUTINE_TEST_CASE(a_predicate_does_not_run_for_a_stream_that_is_destroyed)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto calls = std::make_shared<int>(0);
    auto const counting = [calls](coqmp::event const&) { return ++*calls != 0; };
    coqmp::event_stream husk = talk.client.subscribe(coqmp::event_filter().matching(counting));
    std::optional<coqmp::event_stream> events(std::move(husk));
    events.reset();
    coqmp::event_stream others = talk.client.subscribe();
    talk.peer.event("STOP");
    auto const stop = co_await others.next();
    BOOST_TEST(stop.value().name == "STOP");
    BOOST_TEST(*calls == 0);
}
