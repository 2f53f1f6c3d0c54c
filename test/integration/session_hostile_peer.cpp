// A session with a peer that misbehaves after the handshake. (What it can do wrong before: session_connect and the unit tests
// of the handshake; how it can leave: session_ends.)
#include "support/conversation.hpp"
#include "support/memory.hpp"

#include <boost/asio/detached.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

namespace {

std::string return_of(json::value const& id, std::string const& value)
{
    return R"({"return": )" + value + R"(, "id": )" + json::serialize(id) + "}\r\n";
}

/// Three commands on the wire, and the ids that they have there.
struct three_commands
{
    explicit three_commands(conversation& talk) : first(talk.ask("first")), second(talk.ask("second")), third(talk.ask("third"))
    {}

    asio::awaitable<void> reach(fake_peer& peer)
    {
        first_id = co_await peer.expect("first");
        second_id = co_await peer.expect("second");
        third_id = co_await peer.expect("third");
    }

    asio::awaitable<void> get_their_own()
    {
        co_await first.done();
        co_await second.done();
        co_await third.done();
        for (auto const* each : {&first, &second, &third})
            BOOST_TEST(each->error() == error_code());
        BOOST_TEST(first.value().value() == 1);
        BOOST_TEST(second.value().value() == 2);
        BOOST_TEST(third.value().value() == 3);
    }

    completion<reply> first;
    completion<reply> second;
    completion<reply> third;
    json::value first_id;
    json::value second_id;
    json::value third_id;
};

/// Replies out of order with everything between them that is of no use.
std::string a_mess(three_commands const& wire)
{
    std::string const tick = R"({"event": "TICK", "timestamp": {"seconds": -1, "microseconds": -1}})"
                             "\r\n";
    return tick + return_of(wire.third_id, "3") + tick + return_of(wire.third_id, "33") + return_of("first", "5") +
           return_of(1.5, "6") + return_of(nullptr, "7") + R"({"return": 8})" + tick + return_of(wire.first_id, "1") +
           R"({"nothing": "that is known"})" + R"({"error": "not an object", "id": 99})" +
           R"({"event": "TICK", "data": {"of": "the second"}, "timestamp": {"seconds": 1e300}, "more": [[]]})" +
           R"({"error": {"class": "GenericError", "desc": "whose?"}, "id": "nobody's"})" + fake_peer::greeting_text.data() +
           return_of(wire.second_id, "2") + tick;
}

asio::awaitable<void> endure_a_mess(bool byte_by_byte)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    coqmp::event_stream events = talk.client.subscribe();
    three_commands wire(talk);
    co_await wire.reach(talk.peer);
    if (byte_by_byte)
        co_await talk.peer.say_one_by_one(a_mess(wire));
    else
        talk.peer.say(a_mess(wire));
    co_await wire.get_their_own();

    completion<reply> after = talk.ask("after");
    co_await talk.peer.serve("after");
    error_code const error = co_await after.done();
    BOOST_TEST(error == error_code());
    auto const counters = talk.client.counters();
    BOOST_TEST(counters.replies == 4U);
    BOOST_TEST(counters.events == 5U);
    BOOST_TEST(counters.unknown_ids == 7U);
    BOOST_TEST(counters.unknown_messages == 2U);
    for (int index = 0; index < 5; ++index)
        BOOST_TEST(events.try_next().has_value());
}

/// The peer says half a reply, then does something else.
asio::awaitable<void> hear_half_a_reply(conversation& talk, completion<reply>& half, std::string& rest)
{
    half = talk.ask("half");
    json::value const id = co_await talk.peer.expect("half");
    std::string const whole = return_of(id, R"({"a": "long text"})");
    talk.peer.say(whole.substr(0, whole.size() / 2));
    rest = whole.substr(whole.size() / 2);
}

constexpr std::string_view flood_of_events = R"({"event": "TICK", "data": {"device": "drive-virtio-disk0", "operation": )"
                                             R"("write", "action": "report"}, "timestamp": {"seconds": 1, "microseconds": 2}})"
                                             "\r\n";

/// On a thread of its own: never stops to say events, and answers what it hears with how many that were, until it hears `stop`.
asio::awaitable<void> flood(fake_peer& peer)
{
    co_await peer.handshake();
    std::string burst;
    for (int index = 0; index < 100; ++index)
        burst += flood_of_events;
    std::string name;
    for (std::uint64_t said = 100; name != "stop"; said += 100) {
        peer.say(burst);
        co_await peer.flushed();
        while (peer.has_input() && name != "stop") {
            received_command const got = co_await peer.receive();
            peer.say(return_of(got.id, std::to_string(said)));
            name = got.name;
        }
    }
}

/// How many events a flood has at least: `-- NUMBER` on the command line makes it longer.
std::uint64_t length_of_the_flood()
{
    auto const& suite = boost::unit_test::framework::master_test_suite();
    return suite.argc > 1 ? std::stoull(suite.argv[1]) : 200'000;
}

asio::awaitable<void> read_and_count(coqmp::event_stream stream, std::uint64_t& seen, std::uint64_t& lost)
{
    while (auto event = co_await stream.next()) {
        ++seen;
        lost += event->lost_before;
    }
}

asio::awaitable<void> stand_the_flood(coqmp::endpoint where)
{
    auto const executor = co_await this_coro::executor;
    coqmp::session client(executor);
    co_await client.async_connect(where, asio::deferred);
    coqmp::event_stream never_read = client.subscribe();  // the first: it gets those that have come already
    std::uint64_t const come_already = client.counters().events;
    std::uint64_t seen = 0;
    std::uint64_t lost = 0;
    asio::co_spawn(executor, read_and_count(client.subscribe(), seen, lost), asio::detached);

    std::size_t settled = 0;
    while (client.counters().events < length_of_the_flood()) {
        co_await client.execute("query-status");
        if (settled == 0 && client.counters().events > length_of_the_flood() / 4)
            settled = resident_bytes();
    }
    std::size_t const grown = std::max(resident_bytes(), settled) - settled;
    if (memory_can_be_measured)
        BOOST_TEST(grown < std::size_t{8} << 20);

    json::value const said = co_await client.execute("stop");
    auto const counters = client.counters();
    BOOST_TEST(counters.events == said.to_number<std::uint64_t>());
    BOOST_TEST(seen + lost <= counters.events);
    BOOST_TEST(come_already + seen + lost + 1024 >= counters.events);  // some wait in the stream
    BOOST_TEST(never_read.lost() + 1024 == counters.events);
    BOOST_TEST_MESSAGE(counters.events << " events, " << seen << " seen, " << lost << " lost, " << counters.replies
                                       << " replies, memory grown by " << grown << " bytes");
    co_await client.async_close(asio::deferred);
}

}  // namespace

COROUTINE_TEST_CASE(a_mess_in_one_segment_disturbs_no_command)
{
    co_await endure_a_mess(false);
}

COROUTINE_TEST_CASE(a_mess_byte_by_byte_disturbs_no_command)
{
    co_await endure_a_mess(true);
}

COROUTINE_TEST_CASE(replies_in_any_order_find_their_commands)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    std::vector<int> order(5);
    std::iota(order.begin(), order.end(), 0);
    do {
        std::vector<completion<reply>> asked;
        for (int const number : order)
            asked.push_back(talk.ask("number-" + std::to_string(number)));
        std::vector<json::value> ids(order.size());
        for (int const number : order)
            ids[static_cast<std::size_t>(number)] = co_await talk.peer.expect("number-" + std::to_string(number));
        for (std::size_t number = 0; number < ids.size(); ++number) {
            talk.peer.event("BETWEEN");
            talk.peer.answer(ids[number], static_cast<std::int64_t>(number));
        }
        for (std::size_t index = 0; index < order.size(); ++index) {
            co_await asked[index].done();
            BOOST_REQUIRE(asked[index].value().value() == order[index]);
        }
    } while (std::next_permutation(order.begin(), order.end()));
    BOOST_TEST(talk.client.counters().replies == 5U * 120U);
}

COROUTINE_TEST_CASE(half_a_reply_and_then_the_end_is_a_disconnection)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    completion<reply> half(talk.client.get_executor());
    std::string rest;
    co_await hear_half_a_reply(talk, half, rest);
    talk.peer.close();
    error_code const error = co_await half.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::outcome_unknown);
}

COROUTINE_TEST_CASE(half_a_reply_and_then_a_reset_is_a_disconnection)
{
    auto const executor = co_await this_coro::executor;
    coqmp::session client(executor);
    fake_peer peer(executor, coqmp::endpoint::tcp("127.0.0.1", 0));
    completion<> connected(executor);
    client.async_connect(peer.address(), connected.token());
    co_await peer.accept();
    co_await peer.handshake();
    co_await connected.done();

    completion<reply> half(executor);
    client.async_execute("half", half.token());
    co_await peer.expect("half");
    co_await peer.say_one_by_one(R"({"return": {"a": )");
    peer.reset();
    error_code const error = co_await half.done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::outcome_unknown);
}

COROUTINE_TEST_CASE(half_a_reply_and_then_silence_is_a_timeout_and_the_rest_is_dropped)
{
    coqmp::session_options options;
    options.command_timeout = 20ms;
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    completion<reply> half(talk.client.get_executor());
    std::string rest;
    co_await hear_half_a_reply(talk, half, rest);
    error_code const error = co_await half.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::outcome_unknown);

    completion<reply> next = talk.ask(command("next").timeout(0s));
    talk.peer.say(rest);
    co_await talk.peer.serve("next");
    error_code const none = co_await next.done();
    BOOST_TEST(none == error_code());
    BOOST_TEST(talk.client.counters().late_replies == 1U);
}

COROUTINE_TEST_CASE(a_message_of_64_mebibytes_arrives_and_one_byte_more_ends_the_session)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    coqmp::event_stream events = talk.client.subscribe();
    std::string const begin = R"({"event": "LARGE", "data": {"text": ")";
    std::string const end = R"("}})";
    auto const message = [&](std::size_t size) { return begin + std::string(size - begin.size() - end.size(), 'x') + end; };
    std::size_t const limit = std::size_t{64} << 20;

    talk.peer.say(message(limit));
    auto const large = co_await events.next();
    BOOST_REQUIRE(large.has_value());
    BOOST_TEST(large->data.at("text").as_string().size() == limit - begin.size() - end.size());

    talk.peer.say(message(limit + 1));
    completion<coqmp::session_end> ended(talk.client.get_executor());
    talk.client.async_wait_closed(ended.token());
    co_await ended.done();
    BOOST_TEST(ended.value().reason == errc::message_too_large);
}

COROUTINE_TEST_CASE(a_message_of_1024_levels_arrives_and_one_more_ends_the_session)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto const levels = [](std::size_t count) { return std::string(count, '[') + std::string(count, ']'); };
    completion<reply> deep = talk.ask("deep");
    talk.peer.say(return_of(co_await talk.peer.expect("deep"), levels(1023)));  // and the message itself is one
    error_code const error = co_await deep.done();
    BOOST_TEST(error == error_code());

    completion<reply> deeper = talk.ask("deeper");
    talk.peer.say(return_of(co_await talk.peer.expect("deeper"), levels(1024)));
    error_code const refused = co_await deeper.done();
    BOOST_TEST(refused == errc::nested_too_deep);
    BOOST_TEST(refused == errc::outcome_unknown);
}

// QEMU is slow, not broken: what waits on our side is given up in order, and nothing of it is sent later.
COROUTINE_TEST_CASE(a_hundred_thousand_commands_for_a_peer_that_never_answers_all_time_out)
{
    coqmp::session_options options;
    options.command_timeout = 50ms;
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    int unknown = 0;
    int not_sent = 0;
    completion<> all(talk.client.get_executor());
    for (int index = 0; index < 100'000; ++index) {
        talk.client.async_execute("query-status", [&](error_code error, reply const&) {
            unknown += error == errc::timed_out && error == errc::outcome_unknown;
            not_sent += error == errc::timed_out && error == errc::not_sent;
            if (unknown + not_sent == 100'000)
                all.token()(error_code());
        });
    }
    co_await all.done();
    BOOST_TEST(unknown == 7);
    BOOST_TEST(not_sent == 99'993);
    talk.client.close();
    std::string const heard = co_await talk.peer.end();
    BOOST_TEST(std::count(heard.begin(), heard.end(), '\n') + std::count(heard.begin(), heard.end(), '}') <= 14);
}

// A minute of it at full speed: run with `-- 20000000`.
BOOST_AUTO_TEST_CASE(a_flood_of_events_delays_no_reply_and_costs_no_memory)
{
    asio::io_context far_side(1);
    fake_peer peer = fake_peer::pair(far_side.get_executor());
    asio::co_spawn(far_side, flood(peer), asio::detached);
    std::thread thread([&far_side] { far_side.run(); });
    run(stand_the_flood(peer.address()));
    thread.join();
}

COROUTINE_TEST_CASE(a_session_on_ipv6)
{
    auto const executor = co_await this_coro::executor;
    fake_peer peer(executor, coqmp::endpoint::tcp("::1", 0));
    coqmp::session client(executor);
    completion<> connected(executor);
    client.async_connect(coqmp::endpoint::parse("[::1]:" + std::to_string(peer.address().port())), connected.token());
    co_await peer.accept();
    co_await peer.handshake();
    error_code const error = co_await connected.done();
    BOOST_TEST(error == error_code());
}

// Not an error: a stopped context may run again, and then everything goes on.
BOOST_AUTO_TEST_CASE(a_context_that_stops_and_runs_again_loses_nothing)
{
    asio::io_context context(1);
    conversation talk(context.get_executor());
    std::vector<error_code> outcomes;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            co_await talk.begin();
            context.stop();
        },
        asio::detached);
    context.run_for(time_limit);
    BOOST_TEST(context.stopped());

    talk.client.async_execute("one", [&](error_code error, reply const&) { outcomes.push_back(error); });
    BOOST_TEST(context.poll() == 0U);
    BOOST_TEST(outcomes.empty());

    context.restart();
    asio::co_spawn(context, talk.peer.serve("one"), asio::detached);
    context.run_one_for(time_limit);
    while (outcomes.empty() && context.run_one_for(time_limit) != 0)
        continue;
    BOOST_TEST((outcomes == std::vector<error_code>{error_code()}));
    talk.client.close();
    context.run_for(time_limit);
    BOOST_TEST(context.stopped());
}
