// Events in a session, and what a session lets one see of itself: trace, log, counters. A peer that does not read, too.
#include "support/conversation.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

namespace {

/// Everything that a session traces.
struct traced
{
    std::vector<std::string> sent;
    std::vector<std::string> received;
    std::vector<std::string> all;  ///< in their order

    coqmp::session_options options()
    {
        coqmp::session_options result;
        result.trace = [this](coqmp::direction way, std::string_view message) {
            bool const is_sent = way == coqmp::direction::sent;
            (is_sent ? sent : received).emplace_back(message);
            all.push_back((is_sent ? "-> " : "<- ") + std::string(message));
        };
        return result;
    }
};

using texts = std::vector<std::string>;

}  // namespace

BOOST_TEST_SPECIALIZED_COLLECTION_COMPARE(texts)

COROUTINE_TEST_CASE(events_before_the_session_is_ready_go_to_the_first_streams)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    talk.peer.event("BEFORE_THE_GREETING");
    talk.peer.greet();
    talk.peer.event("BEFORE_THE_ANSWER");
    co_await talk.peer.serve("qmp_capabilities");
    co_await connected.done();
    auto all = talk.client.subscribe();
    auto some = talk.client.subscribe("BEFORE_THE_ANSWER");
    for (char const* name : {"BEFORE_THE_GREETING", "BEFORE_THE_ANSWER"}) {
        auto const event = all.try_next();
        BOOST_REQUIRE(event.has_value());
        BOOST_TEST(event->name == name);
    }
    auto const event = some.try_next();
    BOOST_REQUIRE(event.has_value());
    BOOST_TEST(event->name == "BEFORE_THE_ANSWER");
    BOOST_TEST(!some.try_next().has_value());
}

COROUTINE_TEST_CASE(a_session_keeps_as_many_early_events_as_its_options_say)
{
    auto const executor = co_await this_coro::executor;
    coqmp::session_options options;
    options.early_events = 2;
    conversation talk(executor, options);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    for (char const* name : {"A", "B", "C"})
        talk.peer.event(name);
    co_await talk.peer.handshake();
    co_await connected.done();
    auto stream = talk.client.subscribe();
    auto event = stream.try_next();
    BOOST_REQUIRE(event.has_value());
    BOOST_TEST(event->name == "B");
    BOOST_TEST(event->lost_before == 1U);
    event = stream.try_next();
    BOOST_REQUIRE(event.has_value());
    BOOST_TEST(event->name == "C");
    BOOST_TEST(!stream.try_next().has_value());
}

COROUTINE_TEST_CASE(a_predicate_may_subscribe_and_close_streams)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto closed = talk.client.subscribe();
    std::vector<coqmp::event_stream> made;
    auto const predicate = [&](coqmp::event const&) {
        closed.close();
        made.push_back(talk.client.subscribe());
        return true;
    };
    auto stream = talk.client.subscribe(coqmp::event_filter().matching(predicate));
    talk.peer.event("STOP");
    talk.peer.event("RESUME");
    auto const stopped = co_await stream.next();
    auto const resumed = co_await stream.next();
    BOOST_TEST((stopped && stopped->name == "STOP"));
    BOOST_TEST((resumed && resumed->name == "RESUME"));
    BOOST_TEST(!closed.try_next().has_value());
    BOOST_REQUIRE(made.size() == 2U);
    auto const second = made.front().try_next();
    BOOST_TEST((second && second->name == "RESUME"));
}

COROUTINE_TEST_CASE(events_before_the_session_is_used_go_to_the_first_streams)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    talk.peer.greet();
    json::value const id = co_await talk.peer.expect("qmp_capabilities");
    // More than what the session reads with the answer.
    talk.peer.say(R"({"return": {}, "id": )" + json::serialize(id) + R"(}{"event": "FIRST", "data": {"text": ")" +
                  std::string(5000, 'x') + R"("}})");
    talk.peer.event("SECOND");
    co_await connected.done();
    while (talk.client.counters().events < 2)
        co_await asio::post(executor, asio::deferred);
    auto stream = talk.client.subscribe();
    for (char const* name : {"FIRST", "SECOND"}) {
        auto const event = stream.try_next();
        BOOST_REQUIRE(event.has_value());
        BOOST_TEST(event->name == name);
    }
}

COROUTINE_TEST_CASE(large_events_that_wait_in_a_session_are_limited_by_their_memory)
{
    coqmp::session_options options;
    options.event_bytes = std::size_t{1} << 20;
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    std::string numbers = "[0";
    for (int count = 1; count < 20'000; ++count)
        numbers += ",0";  // two bytes, of which JSON in memory makes 24
    for (int number = 0; number < 10; ++number)
        talk.peer.say(R"({"event": "LARGE", "data": {"numbers": )" + numbers + "]}}\r\n");
    while (talk.client.counters().events < 10)
        co_await asio::post(talk.client.get_executor(), asio::deferred);
    auto stream = talk.client.subscribe();
    auto const event = stream.try_next();
    BOOST_REQUIRE(event.has_value());
    BOOST_TEST(event->lost_before == 8U);
    BOOST_TEST(stream.try_next().has_value());
    BOOST_TEST(!stream.try_next().has_value());
    BOOST_TEST(talk.client.counters().events_lost == 8U);
}

COROUTINE_TEST_CASE(events_keep_their_order_when_a_deadline_passes_in_the_middle_of_a_flood)
{
    // Found by the soak: what a deadline made the session look for overtook what a pending read had taken already.
    coqmp::session_options options;
    options.event_capacity = 100'000;
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    auto stream = talk.client.subscribe();
    auto late = talk.ask(command("slow").timeout(50ms));
    co_await talk.peer.expect("slow");
    auto const deadline = std::chrono::steady_clock::now() + 50ms;
    std::string flood;  // in one piece: more of it fits into the socket than a session takes at once
    for (int number = 0; number < 3000; ++number)
        flood += R"({"event": "NUMBER", "data": {"number": )" + std::to_string(number) + "}}\r\n";
    talk.peer.say(flood);
    // On this thread: the flood and the deadline are both there when the session has its turn.
    while (std::chrono::steady_clock::now() < deadline)
        continue;
    error_code const error = co_await late.done();
    BOOST_TEST(error == errc::timed_out);
    for (int number = 0; number < 3000; ++number) {
        auto const event = co_await stream.next();
        BOOST_REQUIRE(event.has_value());
        BOOST_REQUIRE(event->data.at("number").as_int64() == number);
    }
}

COROUTINE_TEST_CASE(a_subscriber_that_never_reads_delays_no_reply)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto lazy = talk.client.subscribe({}, 16);
    for (int index = 0; index < 20'000; ++index)
        talk.peer.event("FLOOD");
    auto status = talk.ask("query-status");
    co_await talk.peer.serve("query-status");
    error_code const error = co_await status.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(talk.client.counters().events == 20'000U);
    BOOST_TEST(talk.client.counters().events_lost == 20'000U - 16U);
    BOOST_TEST(lazy.lost() == 20'000U - 16U);
    auto const first = lazy.try_next();
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(first->lost_before == 20'000U - 16U);
}

COROUTINE_TEST_CASE(a_cancelled_wait_for_an_event_loses_none)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    auto stream = talk.client.subscribe();
    for (int round = 0; round < 50; ++round) {
        completion<coqmp::event> wait(executor);
        asio::cancellation_signal signal;
        stream.async_next(asio::bind_cancellation_slot(signal.slot(), wait.token()));
        json::object data;
        data["round"] = round;
        talk.peer.event("TICK", data);
        for (int step = 0; step < round % 7; ++step)
            co_await asio::post(executor, asio::deferred);
        signal.emit(asio::cancellation_type::total);
        error_code const error = co_await wait.done();
        coqmp::event got;
        if (error)
            got = co_await stream.async_next(asio::deferred);
        else
            got = wait.value();
        BOOST_TEST(got.data.at("round").as_int64() == round);
    }
}

COROUTINE_TEST_CASE(one_reader_at_a_time)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    auto stream = talk.client.subscribe();
    completion<coqmp::event> first(executor);
    completion<coqmp::event> second(executor);
    stream.async_next(first.token());
    stream.async_next(second.token());
    error_code error = co_await second.done();
    BOOST_TEST(error == errc::operation_in_progress);
    talk.peer.event("STOP");
    error = co_await first.done();
    BOOST_TEST(error == error_code());
}

COROUTINE_TEST_CASE(the_trace_sees_each_message_once_however_it_comes)
{
    traced seen;
    conversation talk(co_await this_coro::executor, seen.options());
    co_await talk.begin();
    seen.sent.clear();
    seen.received.clear();
    auto status = talk.ask("query-status");
    co_await talk.peer.expect("query-status");
    std::string const pretty = "{\r\n    \"return\": {\r\n        \"status\": \"running\"\r\n    },\r\n    \"id\": 1\r\n}";
    std::string const event = R"({"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 1}})";
    co_await talk.peer.say_one_by_one(pretty + "\r\n" + event + "\n");
    talk.peer.say(event + "\r\n" + event);
    error_code const error = co_await status.done();
    BOOST_TEST(error == error_code());
    auto next = talk.ask("next");
    co_await talk.peer.serve("next");
    co_await next.done();
    texts const sent = {R"({"execute":"query-status","id":1})", R"({"execute":"next","id":2})"};
    texts const received = {pretty, event, event, event, R"({"return": {}, "id": 2})"};
    BOOST_TEST(seen.sent == sent);
    BOOST_TEST(seen.received == received);
}

COROUTINE_TEST_CASE(the_trace_shows_messages_in_the_order_in_which_they_are_sent_and_handled)
{
    traced seen;
    auto options = seen.options();
    options.in_band_window = 1;
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    BOOST_REQUIRE(seen.all.size() == 3U);
    BOOST_TEST(seen.all[0].starts_with(R"(<- {"QMP")"));
    BOOST_TEST(seen.all[1].starts_with(R"(-> {"execute":"qmp_capabilities")"));
    BOOST_TEST(seen.all[2].starts_with(R"(<- {"return")"));
    seen.all.clear();
    auto first = talk.ask("stop");
    auto second = talk.ask("cont");
    co_await talk.peer.serve("stop");
    co_await talk.peer.serve("cont");
    co_await first.done();
    co_await second.done();
    texts const expected = {R"(-> {"execute":"stop","id":1})", R"(<- {"return": {}, "id": 1})", R"(-> {"execute":"cont","id":2})",
                            R"(<- {"return": {}, "id": 2})"};
    BOOST_TEST(seen.all == expected);
}

BOOST_AUTO_TEST_CASE(a_trace_that_throws_ends_the_session_and_completes_every_operation)
{
    asio::io_context context(1);
    coqmp::session_options options;
    options.trace = [](coqmp::direction way, std::string_view message) {
        if (way == coqmp::direction::received && message.find("STOP") != message.npos)
            throw std::runtime_error("a user's mistake");
    };
    conversation talk(context.get_executor(), options);
    error_code told;
    bool ended = false;
    auto const body = [&]() -> asio::awaitable<void> {
        co_await talk.begin();
        auto asked = talk.ask("query-status");
        co_await talk.peer.expect("query-status");
        talk.peer.event("STOP");
        told = co_await asked.done();
        ended = true;
    };
    asio::co_spawn(context, body(), asio::detached);
    BOOST_CHECK_THROW(context.run_for(coqmp::test::time_limit), std::runtime_error);
    context.run_for(coqmp::test::time_limit);
    BOOST_TEST(ended);
    BOOST_TEST(told == errc::disconnected);
    BOOST_TEST(told == errc::outcome_unknown);
}

COROUTINE_TEST_CASE(oddities_are_logged_and_counted)
{
    texts sentences;
    coqmp::session_options options;
    options.log = [&sentences](coqmp::log_level, std::string_view sentence) { sentences.emplace_back(sentence); };
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    auto first = talk.ask("first");
    auto second = talk.ask("second");
    talk.peer.say(R"({"error": {"class": "GenericError", "desc": "secret"}})");
    talk.peer.say(R"({"return": "secret", "id": "nobody"})");
    talk.peer.say(R"({"hello": "secret"})");
    co_await talk.peer.serve("first");
    co_await talk.peer.serve("second");
    co_await second.done();
    BOOST_TEST(sentences.size() == 3U);
    for (std::string const& each : sentences) {
        BOOST_TEST(each.find("secret") == std::string::npos, each);
        BOOST_TEST(each.ends_with('.'), each);
    }
    auto const counters = talk.client.counters();
    BOOST_TEST(counters.unattributed_errors == 1U);
    BOOST_TEST(counters.unknown_ids == 1U);
    BOOST_TEST(counters.unknown_messages == 1U);
    BOOST_TEST(counters.commands == 2U);
    BOOST_TEST(counters.replies == 2U);
}

COROUTINE_TEST_CASE(the_log_names_the_session_and_the_level)
{
    texts sentences;
    std::vector<coqmp::log_level> levels;
    coqmp::session_options options;
    options.name = "vm-17";
    options.log = [&](coqmp::log_level level, std::string_view sentence) {
        levels.push_back(level);
        sentences.emplace_back(sentence);
    };
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    talk.peer.say(R"({"hello": 1})");
    while (sentences.empty())
        co_await asio::post(talk.client.get_executor(), asio::deferred);
    BOOST_TEST(sentences.front().starts_with("vm-17: "), sentences.front());
    BOOST_TEST((levels.front() == coqmp::log_level::warning));
}

COROUTINE_TEST_CASE(the_log_quotes_no_more_of_a_peer_than_fits_a_line)
{
    texts sentences;
    coqmp::session_options options;
    options.log = [&sentences](coqmp::log_level, std::string_view sentence) { sentences.emplace_back(sentence); };
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    std::string long_name;
    for (int count = 0; count < 10'000; ++count)
        long_name += "\u00e4";  // two bytes, which must not be separated
    talk.peer.say(R"({"error": {"class": ")" + long_name + R"(", "desc": ""}})");
    while (sentences.empty())
        co_await asio::post(talk.client.get_executor(), asio::deferred);
    BOOST_TEST(sentences.front().size() <= 1003U);
    BOOST_TEST(sentences.front().ends_with("\u00e4..."));
}

COROUTINE_TEST_CASE(an_error_without_an_id_fails_the_only_command_on_the_wire)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto only = talk.ask("only");
    co_await talk.peer.expect("only");
    talk.peer.say(R"({"error": {"class": "GenericError", "desc": "it is yours"}})");
    error_code const error = co_await only.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(only.value().error().description == "it is yours");
}

COROUTINE_TEST_CASE(all_bytes_are_counted)
{
    traced seen;
    conversation talk(co_await this_coro::executor, seen.options());
    co_await talk.begin();
    auto status = talk.ask("query-status");
    co_await talk.peer.serve("query-status");
    co_await status.done();
    std::size_t sent = 0;
    for (std::string const& each : seen.sent)
        sent += each.size();
    std::size_t received = 0;
    for (std::string const& each : seen.received)
        received += each.size();
    BOOST_TEST(talk.client.counters().bytes_sent == sent);
    BOOST_TEST(talk.client.counters().bytes_received == received + 4);  // two line ends
}

COROUTINE_TEST_CASE(a_message_of_a_megabyte_arrives_whole)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto large = talk.ask("large");
    json::value const id = co_await talk.peer.expect("large");
    talk.peer.answer(id, json::string(1 << 20, 'x'));
    error_code const error = co_await large.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(large.value().value().as_string().size() == 1U << 20);
}

COROUTINE_TEST_CASE(a_peer_that_never_reads_makes_commands_time_out_and_our_memory_stays_bounded)
{
    coqmp::session_options options;
    options.in_band_window = 0;
    options.command_timeout = 30ms;
    std::size_t put_out = 0;
    options.trace = [&put_out](coqmp::direction way, std::string_view message) {
        put_out += way == coqmp::direction::sent ? message.size() : 0;
    };
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    std::vector<completion<reply>> replies;
    std::string const argument(100'000, 'x');
    for (int index = 0; index < 100; ++index)
        replies.push_back(talk.ask(command("large").with("argument", argument)));
    int unknown = 0;
    int not_sent = 0;
    for (auto const& each : replies) {
        error_code const error = co_await each.done();
        BOOST_TEST(error == errc::timed_out);
        unknown += error == errc::outcome_unknown;
        not_sent += error == errc::not_sent;
    }
    BOOST_TEST(unknown > 0);
    BOOST_TEST(not_sent > unknown);
    // What the kernel's buffer takes, and 1 MiB of our own.
    BOOST_TEST(put_out < std::size_t{4} << 20);
}
