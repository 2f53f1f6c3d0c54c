// Clients of a proxy: whose commands go to QEMU, in which order, and who gets the answers and the events.
#include <coqmp/monitor_proxy.hpp>

#include "support/completion.hpp"
#include "support/proxied_monitor.hpp"
#include "support/raw_client.hpp"
#include "support/run.hpp"

#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::errc;
using namespace coqmp::test;

namespace {

asio::awaitable<void> answer_in_turn(fake_peer& peer, std::vector<std::string>& order, std::size_t count)
{
    for (std::size_t answered = 0; answered < count; ++answered) {
        received_command const next = co_await peer.receive();
        order.push_back(next.name);
        peer.answer(next.id, json::value(next.name));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(monitor_proxy)

COROUTINE_TEST_CASE(a_client_sees_qemu)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    BOOST_TEST(co_await client.line() == fake_peer::greeting_text);
    client.say(R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]}})");
    BOOST_TEST(co_await client.line() == R"({"return": {}})");
    client.say(R"({"execute":"block_resize","arguments":{"size":18446744073709551615},"id":{"a":[1,null]}})");
    received_command const asked = co_await monitor.peer.receive();
    BOOST_TEST(asked.name == "block_resize");
    BOOST_TEST(asked.arguments.at("size").as_uint64() == 18446744073709551615U);
    monitor.peer.answer(asked.id, json::object{{"x", 1}});
    BOOST_TEST(co_await client.line() == R"({"return": {"x":1}, "id": {"a":[1,null]}})");
    client.say(command_text("quit"));
    received_command const refused = co_await monitor.peer.receive();
    monitor.peer.refuse(refused.id, "DeviceNotActive", "no");
    BOOST_TEST(co_await client.line() == R"({"error": {"class": "DeviceNotActive", "desc": "no"}})");
}

COROUTINE_TEST_CASE(replies_and_events_keep_their_order)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("first") + command_text("second"));
    std::string const first = id_member(co_await monitor.peer.expect("first"));
    std::string const second = id_member(co_await monitor.peer.expect("second"));
    // In one read of the session.
    monitor.peer.say(R"({"event": "A", "timestamp": {"seconds": 1, "microseconds": 2}})" + (R"({"return": 1)" + first + "}") +
                     R"({"event": "B", "data": {"n": 0.5}, "timestamp": {"seconds": 1, "microseconds": 2}})" +
                     (R"({"return": 2)" + second + "}") + R"({"event": "C", "timestamp": {"seconds": -1, "microseconds": -1}})");
    BOOST_TEST(co_await client.line() == R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "A"})");
    BOOST_TEST(co_await client.line() == R"({"return": 1})");
    BOOST_TEST(co_await client.line() == R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "B", "data": {"n": 0.5}})");
    BOOST_TEST(co_await client.line() == R"({"return": 2})");
    BOOST_TEST(co_await client.line() == R"({"timestamp": {"seconds": -1, "microseconds": -1}, "event": "C"})");
}

// A number that JSON's readers round, an escape that need not be one: clients see what QEMU has written, and in its order.
COROUTINE_TEST_CASE(what_has_the_form_of_qemus_messages_is_passed_on_as_it_is)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("first") + command_text("second") + command_text("third"));
    std::string const first = id_member(co_await monitor.peer.expect("first"));
    std::string const second = id_member(co_await monitor.peer.expect("second"));
    std::string const third = id_member(co_await monitor.peer.expect("third"));
    std::string const event = R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "A", "data": {"\u0041": 1.50}})";
    std::string const no_time =
        R"({"timestamp": {"seconds": 9223372036854775807, "microseconds": 9223372036854775807}, "event": "B"})";
    auto const before = monitor.upstream.counters();
    // In one read of the session.
    monitor.peer.say(R"({"return": [1.50, "\u0041", 123456789012345678901])" + first + "}\r\n" + event + "\r\n" +
                     R"({"return":{"not":"qemu"})" + second + "}\r\n" + event + "\r\n" + R"({"return": {})" + third + "}\r\n" +
                     no_time + "\r\n");
    BOOST_TEST(co_await client.line() == R"({"return": [1.50, "\u0041", 123456789012345678901]})");
    BOOST_TEST(co_await client.line() == event);
    BOOST_TEST(co_await client.line() == R"({"return": {"not": "qemu"}})");
    BOOST_TEST(co_await client.line() == event);
    BOOST_TEST(co_await client.line() == R"({"return": {}})");
    BOOST_TEST(co_await client.line() == no_time);
    BOOST_TEST(monitor.upstream.counters().replies == before.replies + 3);
    BOOST_TEST(monitor.upstream.counters().events == before.events + 3);
}

// Some in the form of QEMU's messages, some in another one.
COROUTINE_TEST_CASE(replies_and_events_keep_their_order_on_a_strand)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(asio::make_strand(executor));
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("first") + command_text("second"));
    std::string const first = id_member(co_await monitor.peer.expect("first"));
    std::string const second = id_member(co_await monitor.peer.expect("second"));
    std::string const time = R"("timestamp": {"seconds": 1, "microseconds": 2})";
    // In one read of the session.
    monitor.peer.say("{" + time + R"(, "event": "A"})" + "\r\n{" + R"("event": "B", )" + time + "}\r\n" + R"({"return": 1)" +
                     first + "}\r\n{" + time + R"(, "event": "C"})" + "\r\n" + R"({"more": 0, "return": 2)" + second + "}\r\n{" +
                     time + R"(, "event": "D"})" + "\r\n");
    BOOST_TEST(co_await client.line() == "{" + time + R"(, "event": "A"})");
    BOOST_TEST(co_await client.line() == "{" + time + R"(, "event": "B"})");
    BOOST_TEST(co_await client.line() == R"({"return": 1})");
    BOOST_TEST(co_await client.line() == "{" + time + R"(, "event": "C"})");
    BOOST_TEST(co_await client.line() == R"({"return": 2})");
    BOOST_TEST(co_await client.line() == "{" + time + R"(, "event": "D"})");
}

COROUTINE_TEST_CASE(the_session_gets_its_own_replies_and_events)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    coqmp::event_stream events = monitor.upstream.subscribe();
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    completion<coqmp::reply> reply(executor);
    monitor.upstream.async_execute("mine", reply.token());
    std::string const id = id_member(co_await monitor.peer.expect("mine"));
    std::string const event = R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "A", "data": {"n": 1}})";
    monitor.peer.say(event + "\r\n" + R"({"return": {"x": 5})" + id + "}\r\n");
    BOOST_TEST(co_await client.line() == event);
    auto const seen = co_await events.next();
    BOOST_TEST(seen.value().data.at("n").as_int64() == 1);
    co_await reply.done();
    BOOST_TEST(reply.value().value().at("x").as_int64() == 5);
}

COROUTINE_TEST_CASE(clients_take_turns)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client many(executor, monitor.address);
    raw_client one(executor, monitor.address);
    co_await many.negotiate(R"("oob")");
    co_await one.negotiate(R"("oob")");
    one.say(command_text("hello"));
    co_await monitor.peer.serve("hello");
    static_cast<void>(co_await one.line());
    many.say(command_text("a1") + command_text("a2") + command_text("a3"));
    received_command const first = co_await monitor.peer.receive();
    BOOST_TEST(first.name == "a1");
    one.say(command_text("b1") + command_text("b2"));
    received_command const second = co_await monitor.peer.receive();
    BOOST_TEST(second.name == "b1");  // and a2 waits
    monitor.peer.answer(first.id, 0);
    monitor.peer.answer(second.id, 0);
    std::vector<std::string> order;
    co_await answer_in_turn(monitor.peer, order, 3);
    BOOST_TEST(order == (std::vector<std::string>{"a2", "b2", "a3"}), boost::test_tools::per_element());
}

COROUTINE_TEST_CASE(a_client_that_is_alone_fills_the_window)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client idle(executor, monitor.address);
    co_await idle.negotiate();
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    std::string all;
    for (int count = 0; count < 8; ++count)
        all += command_text("c" + std::to_string(count));
    client.say(all);
    std::vector<json::value> ids;
    for (int count = 0; count < 7; ++count)
        ids.push_back(co_await monitor.peer.expect("c" + std::to_string(count)));
    client.say(R"({"exec-oob":"yank","id":"urgent"})");
    json::value const urgent = co_await monitor.peer.expect("yank");
    monitor.peer.answer(urgent, "now");
    BOOST_TEST(co_await client.line() == R"({"return": "now", "id": "urgent"})");
    monitor.peer.answer(ids.front(), 0);
    static_cast<void>(co_await monitor.peer.expect("c7"));
}

COROUTINE_TEST_CASE(a_client_that_leaves_takes_its_queued_commands_with_it)
{
    auto const executor = co_await asio::this_coro::executor;
    audit_book book;
    proxied_monitor monitor(executor, book.options());
    co_await monitor.connect();
    raw_client leaving(executor, monitor.address);
    raw_client staying(executor, monitor.address);
    co_await leaving.negotiate(R"("oob")");
    co_await staying.negotiate();
    staying.say(command_text("hello"));
    co_await monitor.peer.serve("hello");
    static_cast<void>(co_await staying.line());
    leaving.say(command_text("sent") + command_text("queued"));
    json::value const sent = co_await monitor.peer.expect("sent");
    leaving.close();
    staying.say(command_text("next"));
    json::value const next = co_await monitor.peer.expect("next");
    monitor.peer.answer(sent, "too late");
    monitor.peer.answer(next, "mine");
    BOOST_TEST(co_await staying.line() == R"({"return": "mine"})");
    staying.say(command_text("last"));
    co_await monitor.peer.serve("last");  // and "queued" was never sent
    BOOST_TEST(monitor.proxy.client_count() == 1);
    static_cast<void>(co_await staying.line());
    std::vector<std::string> const expected{"hello ok", "queued ok dropped", "sent ok left", "next ok", "last ok"};
    BOOST_TEST(book.lines == expected, boost::test_tools::per_element());
}

COROUTINE_TEST_CASE(what_does_not_change_is_asked_once)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(command_text("query-version"));
    json::object const version{{"package", "\u00e9"}};
    co_await monitor.peer.serve("query-version", version);
    std::string const answer = co_await client.line();
    client.say(command_text("query-version"));
    BOOST_TEST(co_await client.line() == answer);
    client.say(command_text("query-status"));
    co_await monitor.peer.serve("query-status");
}

COROUTINE_TEST_CASE(what_does_not_change_is_asked_again_out_of_band)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("query-version"));
    co_await monitor.peer.serve("query-version", "7.2");
    BOOST_TEST(co_await client.line() == R"({"return": "7.2"})");
    client.say(R"({"exec-oob":"query-version"})");
    received_command const asked = co_await monitor.peer.receive();
    BOOST_TEST(asked.out_of_band);
    monitor.peer.refuse(asked.id, "GenericError", "The command query-version does not support OOB");
    BOOST_TEST((co_await client.line()).find("does not support OOB") != std::string::npos);
}

COROUTINE_TEST_CASE(a_client_chooses_its_events)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor, coqmp::monitor_proxy_options());
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(R"({"execute":"__org.coqmp_events","arguments":{"names":["STOP"]}})");
    BOOST_TEST(co_await client.line() == R"({"return": {}})");
    monitor.peer.event("RESUME");
    monitor.peer.event("STOP");
    BOOST_TEST((co_await client.message()).at("event") == json::value("STOP"));
    client.say(R"({"execute":"__org.coqmp_events","arguments":{"names":3}})");
    BOOST_TEST((co_await client.message()).at("error").at("class") == json::value("GenericError"));
    client.say(R"({"execute":"__org.coqmp_events"})");
    static_cast<void>(co_await client.line());
    monitor.peer.event("RESUME");
    BOOST_TEST((co_await client.message()).at("event") == json::value("RESUME"));
}

COROUTINE_TEST_CASE(the_end_of_an_earlier_qemu_does_not_concern_the_next_one)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(command_text("stop"));
    static_cast<void>(co_await monitor.peer.expect("stop"));
    proxied_monitor next(executor);
    co_await next.connect();
    monitor.proxy.use(next.upstream);
    monitor.peer.close();
    BOOST_TEST((co_await client.line()).find("whether the command was executed is unknown") != std::string::npos);
    client.say(command_text("cont"));
    co_await next.peer.serve("cont");
    BOOST_TEST(co_await client.line() == R"({"return": {}})");
}

COROUTINE_TEST_CASE(clients_see_the_end_of_qemu)
{
    auto const executor = co_await asio::this_coro::executor;
    audit_book book;
    proxied_monitor monitor(executor, book.options());
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    raw_client silent(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("sent"));
    static_cast<void>(co_await monitor.peer.expect("sent"));
    monitor.peer.close();
    BOOST_TEST(co_await client.end() == "");  // no answer, as QEMU
    static_cast<void>(co_await silent.end());
    BOOST_TEST(monitor.proxy.client_count() == 0);
    BOOST_TEST(book.lines == std::vector<std::string>{"sent GenericError left"}, boost::test_tools::per_element());
}

COROUTINE_TEST_CASE(clients_of_a_proxy_on_a_strand_see_the_end_of_qemu)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(asio::make_strand(executor));
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    raw_client silent(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    co_await silent.negotiate();
    client.say(command_text("sent") + command_text("queued"));
    static_cast<void>(co_await monitor.peer.expect("sent"));
    monitor.peer.close();
    BOOST_TEST(co_await client.end() == "");
    BOOST_TEST(co_await silent.end() == "");
    BOOST_TEST(monitor.proxy.client_count() == 0);
}

COROUTINE_TEST_CASE(clients_are_held_until_there_is_another_qemu)
{
    auto const executor = co_await asio::this_coro::executor;
    auto options = allowing_all();
    options.hold = true;
    proxied_monitor monitor(executor, options);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(command_text("query-name"));
    co_await monitor.peer.serve("query-name", "old");
    static_cast<void>(co_await client.line());
    client.say(command_text("sent"));
    static_cast<void>(co_await monitor.peer.expect("sent"));
    monitor.peer.close();
    json::value const lost = co_await client.message();
    BOOST_TEST(lost.at("error").at("class") == json::value("GenericError"));
    client.say(command_text("late"));
    BOOST_TEST((co_await client.message()).at("error").at("desc") == json::value("There is no connection to QEMU"));
    raw_client early(executor, monitor.address);  // is not greeted before there is a QEMU

    fake_peer second = fake_peer::pair(executor);
    coqmp::session upstream(executor);
    spawned<void> answering(executor, second.handshake());
    co_await upstream.async_connect(second.address(), asio::use_awaitable);
    co_await answering.done();
    BOOST_TEST(!early.has_input());
    monitor.proxy.use(upstream);
    json::value const gap = co_await client.message();
    BOOST_TEST(gap.at("event") == json::value("__org.coqmp_GAP"));
    co_await early.negotiate();
    client.say(command_text("query-name"));
    co_await second.serve("query-name", "new");
    BOOST_TEST(co_await client.line() == R"({"return": "new"})");
}

COROUTINE_TEST_CASE(draining_waits_for_what_was_sent)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("sent"));
    json::value const id = co_await monitor.peer.expect("sent");
    completion<> drained(executor);
    monitor.proxy.async_drain(drained.token());
    client.say(command_text("never"));
    monitor.peer.answer(id, 1);
    BOOST_TEST(co_await client.line() == R"({"return": 1})");
    co_await drained.done();
    BOOST_TEST(!drained.error());
    monitor.proxy.close();
    BOOST_TEST(co_await client.end() == "");
    BOOST_TEST(!monitor.peer.has_input());
    completion<> after(executor);
    monitor.proxy.async_drain(after.token());
    co_await after.done();
    BOOST_TEST(after.error() == errc::disconnected);
}

COROUTINE_TEST_CASE(a_session_that_does_not_fit_is_refused)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    BOOST_CHECK_THROW(monitor.proxy.use(monitor.upstream), std::invalid_argument);
    co_await monitor.connect();
    asio::io_context other;
    coqmp::monitor_proxy elsewhere(other);
    BOOST_CHECK_THROW(elsewhere.use(monitor.upstream), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
