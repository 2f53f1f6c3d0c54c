// The end: quit, disconnections, streams of bytes that cannot be read on, and what each waiting operation is told.
#include "support/conversation.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <vector>

using namespace coqmp::test;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

namespace {

/// How quit() ends: nothing, or the code that it threw.
completion<> quit(coqmp::session& client)
{
    completion<> result(client.get_executor());
    asio::co_spawn(client.get_executor(), client.quit(), [end = result.token()](std::exception_ptr failure) mutable {
        error_code error;
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (boost::system::system_error const& thrown) {
            error = thrown.code();
        }
        end(error);
    });
    return result;
}

completion<coqmp::session_end> wait_closed(coqmp::session& client)
{
    completion<coqmp::session_end> result(client.get_executor());
    client.async_wait_closed(result.token());
    return result;
}

enum class leaving { by_end_of_file, by_reset };
// g++ 12 takes no initializer list in a loop of a coroutine.
constexpr std::array ways_to_leave = {leaving::by_end_of_file, leaving::by_reset};

/// A session over TCP, where a reset is a reset.
struct tcp_conversation
{
    explicit tcp_conversation(asio::any_io_executor executor)
        : client(executor), peer(executor, coqmp::endpoint::tcp("127.0.0.1", 0))
    {}

    asio::awaitable<void> begin()
    {
        completion<> connected(client.get_executor());
        client.async_connect(peer.address(), connected.token());
        co_await peer.accept();
        co_await peer.handshake();
        co_await connected.done();
    }

    coqmp::session client;
    fake_peer peer;
};

asio::awaitable<void> dies_of(std::string bytes, errc why, coqmp::session_options options = {})
{
    conversation talk(co_await this_coro::executor, std::move(options));
    co_await talk.begin();
    auto const closed = wait_closed(talk.client);
    auto pending = talk.ask("query-status");
    co_await talk.peer.expect("query-status");
    talk.peer.say(bytes);
    error_code const error = co_await pending.done();
    BOOST_TEST(error == why);
    BOOST_TEST(error == errc::outcome_unknown);
    co_await closed.done();
    BOOST_TEST(closed.value().reason == why);
    co_await talk.peer.end();
}

}  // namespace

COROUTINE_TEST_CASE(quit_succeeds_when_the_reply_comes_first)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const ended = quit(talk.client);
    co_await talk.peer.serve("quit");
    talk.peer.close();
    error_code const error = co_await ended.done();
    BOOST_TEST(error == error_code());
}

COROUTINE_TEST_CASE(quit_succeeds_when_the_end_comes_first)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const ended = quit(talk.client);
    co_await talk.peer.expect("quit");
    talk.peer.close();
    error_code const error = co_await ended.done();
    BOOST_TEST(error == error_code());
}

COROUTINE_TEST_CASE(quit_succeeds_when_the_connection_is_reset)
{
    tcp_conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const ended = quit(talk.client);
    co_await talk.peer.expect("quit");
    talk.peer.reset();
    error_code const error = co_await ended.done();
    BOOST_TEST(error == error_code());
}

COROUTINE_TEST_CASE(quit_fails_when_this_side_closes)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const ended = quit(talk.client);
    co_await talk.peer.expect("quit");
    talk.client.close();
    error_code const error = co_await ended.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::outcome_unknown);
    co_await talk.peer.end();
}

COROUTINE_TEST_CASE(a_command_that_was_never_written_is_not_sent)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const ended = quit(talk.client);
    auto const other = talk.ask("other");
    talk.client.close();  // before the command is written, which happens when the current handlers have returned
    error_code error = co_await ended.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::not_sent);
    error = co_await other.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::not_sent);
    std::string const received = co_await talk.peer.end();
    BOOST_TEST(received.empty());
}

COROUTINE_TEST_CASE(a_command_of_which_the_peer_has_only_a_part_is_not_sent)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const large = talk.ask(command("large").with("data", std::string(8u << 20, 'x')));  // more than a socket holds
    while (!talk.peer.has_input())
        co_await asio::post(asio::deferred);
    talk.client.close();
    error_code const error = co_await large.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::not_sent);
}

COROUTINE_TEST_CASE(quit_reports_that_it_was_refused)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const ended = quit(talk.client);
    json::value const id = co_await talk.peer.expect("quit");
    talk.peer.refuse(id, "GenericError", "not now");
    error_code const error = co_await ended.done();
    BOOST_TEST((error == coqmp::error_class::generic_error));
}

COROUTINE_TEST_CASE(quit_on_a_session_that_is_not_connected_is_not_sent)
{
    auto const executor = co_await this_coro::executor;
    coqmp::session client(executor);
    error_code const error = co_await quit(client).done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::not_sent);
}

COROUTINE_TEST_CASE(when_the_peer_leaves_commands_on_the_wire_are_unknown_and_waiting_ones_not_sent)
{
    for (leaving const how : ways_to_leave) {
        tcp_conversation talk(co_await this_coro::executor);
        co_await talk.begin();
        std::vector<completion<reply>> replies;
        for (int index = 0; index < 9; ++index) {
            replies.emplace_back(talk.client.get_executor());
            talk.client.async_execute("query-status", replies.back().token());
        }
        auto stream = talk.client.subscribe();
        auto const closed = wait_closed(talk.client);
        for (int index = 0; index < 7; ++index)
            co_await talk.peer.expect("query-status");
        how == leaving::by_reset ? talk.peer.reset() : talk.peer.close();
        for (std::size_t index = 0; index < replies.size(); ++index) {
            error_code const error = co_await replies[index].done();
            BOOST_TEST(error == errc::disconnected);
            BOOST_TEST((index < 7 ? error == errc::outcome_unknown : error == errc::not_sent), "command " << index);
        }
        auto const none = co_await stream.next();
        BOOST_TEST(!none.has_value());
        co_await closed.done();
        BOOST_TEST(closed.value().reason == errc::disconnected);
    }
}

COROUTINE_TEST_CASE(a_message_that_is_cut_in_half_is_a_disconnection_at_every_byte)
{
    std::string const answer = R"({"return": {"status": "running"}, "id": 1})";
    for (std::size_t length = 0; length < answer.size(); ++length) {
        conversation talk(co_await this_coro::executor);
        co_await talk.begin();
        auto const closed = wait_closed(talk.client);
        auto pending = talk.ask("query-status");
        co_await talk.peer.expect("query-status");
        talk.peer.say(std::string_view(answer).substr(0, length));
        talk.peer.close();
        error_code const error = co_await pending.done();
        BOOST_TEST(error == errc::disconnected);
        co_await closed.done();
        BOOST_TEST(closed.value().reason == errc::disconnected);
    }
}

COROUTINE_TEST_CASE(a_reply_that_came_before_the_end_counts)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto first = talk.ask("first");
    auto second = talk.ask("second");
    co_await talk.peer.serve("first", 1);
    talk.peer.close();
    error_code const error = co_await first.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(first.value() == reply(json::value(1)));
    error_code const cut = co_await second.done();
    BOOST_TEST(cut == errc::disconnected);
}

COROUTINE_TEST_CASE(bytes_that_are_no_json_end_the_session)
{
    co_await dies_of("}{", errc::not_json);
    co_await dies_of(R"({"return": inf, "id": 1})", errc::not_json);
}

COROUTINE_TEST_CASE(a_message_that_is_too_large_ends_the_session)
{
    coqmp::session_options options;
    options.max_message_size = 200;
    co_await dies_of(R"({"return": ")" + std::string(300, 'x') + R"("})", errc::message_too_large, options);
}

COROUTINE_TEST_CASE(a_message_that_is_nested_too_deep_ends_the_session)
{
    coqmp::session_options options;
    options.max_nesting = 10;
    co_await dies_of(R"({"return": )" + std::string(20, '['), errc::nested_too_deep, options);
}

COROUTINE_TEST_CASE(every_wait_for_the_end_reports_the_reason)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const first = wait_closed(talk.client);
    auto const second = wait_closed(talk.client);
    completion<coqmp::session_end> third(talk.client.get_executor());
    asio::cancellation_signal signal;
    talk.client.async_wait_closed(asio::bind_cancellation_slot(signal.slot(), third.token()));
    signal.emit(asio::cancellation_type::total);
    error_code const cancelled = co_await third.done();
    BOOST_TEST(cancelled == asio::error::operation_aborted);
    BOOST_TEST(first.times() == 0);
    talk.client.close();
    error_code error = co_await first.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(first.value().reason == error_code(), "this side closed it");
    error = co_await second.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(second.value().reason == error_code(), "this side closed it");
    auto const late = wait_closed(talk.client);
    co_await late.done();
    BOOST_TEST(late.value().reason == error_code());
    BOOST_TEST(third.times() == 1);
    co_await talk.peer.end();
}

COROUTINE_TEST_CASE(waiting_for_the_end_reports_why_connect_failed)
{
    auto const executor = co_await this_coro::executor;
    coqmp::session client(executor);
    completion<> connected(executor);
    client.async_connect(coqmp::endpoint::unix_socket("/nowhere/at/all"), connected.token());
    error_code const error = co_await connected.done();
    auto const closed = wait_closed(client);
    co_await closed.done();
    BOOST_TEST(closed.value().reason == error);
    BOOST_TEST(error.failed());
}

COROUTINE_TEST_CASE(connecting_fails_when_the_session_is_closed_before_the_handler_runs)
{
    auto const executor = co_await this_coro::executor;
    coqmp::session_options options;
    options.negotiate = false;
    conversation talk(executor, options);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    co_await asio::post(asio::deferred);  // meanwhile the session connects, and queues the turn that runs the handler
    BOOST_TEST(connected.times() == 0);
    talk.client.close();
    error_code const error = co_await connected.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    co_await talk.peer.end();
}

COROUTINE_TEST_CASE(async_close_completes_after_all_others)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    std::vector<int> order;
    auto stream = talk.client.subscribe();
    for (int index = 0; index < 10; ++index)
        talk.client.async_execute("query-status", [&order](error_code error, reply const&) {
            BOOST_TEST(error == errc::disconnected);
            order.push_back(1);
        });
    talk.client.async_wait_closed([&order](error_code, coqmp::session_end) { order.push_back(1); });
    completion<> closed(executor);
    talk.client.async_close(closed.token());
    BOOST_TEST(closed.times() == 0, "never inside the call");
    co_await closed.done();
    BOOST_TEST(order.size() == 11U);
    co_await talk.client.async_close(asio::deferred);  // once more is fine
    co_await talk.peer.end();
}

COROUTINE_TEST_CASE(streams_give_their_last_events_and_end)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto stream = talk.client.subscribe();
    talk.peer.event("SHUTDOWN");
    talk.peer.close();
    auto const last = co_await stream.next();
    BOOST_REQUIRE(last.has_value());
    BOOST_TEST(last->name == "SHUTDOWN");
    auto const none = co_await stream.next();
    BOOST_TEST(!none.has_value());
    auto late = talk.client.subscribe();
    auto const never = co_await late.next();
    BOOST_TEST(!never.has_value());
}

COROUTINE_TEST_CASE(destroying_the_session_ends_all_it_started)
{
    auto const executor = co_await this_coro::executor;
    fake_peer peer = fake_peer::pair(executor);
    completion<reply> pending(executor);
    completion<coqmp::session_end> closed(executor);
    {
        coqmp::session client(executor);
        co_await meet(client, peer);
        client.async_execute("query-status", pending.token());
        client.async_wait_closed(closed.token());
    }
    error_code const error = co_await pending.done();
    BOOST_TEST(error == errc::disconnected);
    co_await closed.done();
    BOOST_TEST(closed.value().reason == error_code());
    co_await peer.end();
}

COROUTINE_TEST_CASE(a_moved_session_goes_on_and_an_assigned_one_ends)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    auto pending = talk.ask("query-status");
    coqmp::session moved = std::move(talk.client);
    co_await talk.peer.serve("query-status");
    error_code error = co_await pending.done();
    BOOST_TEST(error == error_code());
    completion<reply> cut(executor);
    moved.async_execute("query-status", cut.token());
    moved = coqmp::session(executor);
    error = co_await cut.done();
    BOOST_TEST(error == errc::disconnected);
    talk.client = std::move(moved);
    co_await talk.peer.end();
}
