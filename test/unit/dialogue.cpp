// Commands and their replies: which command an answer belongs to, and what is abandoned, unattributed or rejected.
#include "unit/script.hpp"

#include <coqmp/error.hpp>

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>
#include <vector>

namespace json = boost::json;
using namespace coqmp;
using namespace coqmp::protocol;

namespace {

json::value nested(int levels)
{
    json::value result = json::array();
    for (int level = 1; level < levels; ++level) {
        json::array outer;
        outer.push_back(std::move(result));
        result = std::move(outer);
    }
    return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_trace_shows_each_message_before_those_that_it_causes)
{
    std::vector<std::string> seen;
    auto options = test_options();
    options.in_band_window = 1;
    options.on_output = [&](std::string_view text) { seen.push_back("-> " + std::string(text)); };
    options.on_input = [&](std::string_view text) { seen.push_back("<- " + std::string(text)); };
    performance now(options);
    std::string const greeting(hello);
    now.hear(greeting.substr(0, 10));
    now.hear(greeting.substr(10) + "\r\n" + std::string(our_answer));
    BOOST_TEST(!now.submit("first", "stop"));
    BOOST_TEST(!now.submit("second", "cont"));  // waits for room in the window
    now.hear(R"({"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 1}}{"return": {}, "id": 1})");
    std::vector<std::string> const expected = {
        "<- " + greeting,
        "-> " + std::string(our_capabilities),
        "<- " + std::string(our_answer),
        R"(-> {"execute":"stop","id":1})",
        R"(<- {"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 1}})",
        R"(<- {"return": {}, "id": 1})",
        R"(-> {"execute":"cont","id":2})",
    };
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE(a_command)

BOOST_AUTO_TEST_CASE(gets_its_answer)
{
    negotiated()
        .submits("status", "query-status")
        .sends(R"({"execute":"query-status","id":1})")
        .peer(R"({"return": {"status": "running", "running": true}, "id": 1})",
              returns("status", R"({"status": "running", "running": true})"))
        .counts(&session_counters::commands, 1)
        .counts(&session_counters::replies, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(gets_any_json_as_its_answer)
{
    negotiated()
        .submits("text", "human-monitor-command")
        .submits("list", "query-block")
        .submits("null", "x-null")
        .submits("number", "x-number")
        .peer(R"({"return": "VM status: running\r\n", "id": 1})", returns("text", R"("VM status: running\r\n")"))
        .peer(R"({"return": [1, [2]], "id": 2})", returns("list", "[1, [2]]"))
        .peer(R"({"return": null, "id": 3})", returns("null", "null"))
        .peer(R"({"return": 18446744073709551615, "id": 4})", returns("number", "18446744073709551615"))
        .replay();
}

BOOST_AUTO_TEST_CASE(gets_the_error_that_the_peer_returns)
{
    negotiated()
        .submits("wrong", "no-such-command")
        .peer(R"({"id": 1, "error": {"class": "CommandNotFound", "desc": "The command no-such-command has not been found"}})",
              fails("wrong", "CommandNotFound", "The command no-such-command has not been found"))
        .counts(&session_counters::replies, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(gets_an_error_of_an_unknown_class)
{
    negotiated()
        .submits("wrong", "eat")
        .peer(R"({"id": 1, "error": {"class": "TooMuchSugar", "desc": "", "calories": 400}})",
              fails("wrong", "TooMuchSugar", "the peer gave no description"))
        .replay();
}

BOOST_AUTO_TEST_CASE(gets_its_answer_out_of_order)
{
    negotiated()
        .submits("first", "one")
        .submits("second", "two")
        .submits("third", "three")
        .sends(R"({"execute":"one","id":1}{"execute":"two","id":2}{"execute":"three","id":3})")
        .peer(R"({"return": 3, "id": 3})", returns("third", "3"))
        .peer(R"({"return": 1, "id": 1})", returns("first", "1"))
        .peer(R"({"return": 2, "id": 2})", returns("second", "2"))
        .replay();
}

BOOST_AUTO_TEST_CASE(gets_its_answer_among_events)
{
    negotiated()
        .submits("continue", "cont")
        .submits("quit", "quit")
        .peer(R"({"timestamp": {"seconds": -1, "microseconds": -1}, "event": "RESUME"})", event_named("RESUME"))
        .peer(R"({"return": {}, "id": 1})", returns("continue"))
        .peer(R"({"event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}})",
              event_named("SHUTDOWN", R"({"guest": false, "reason": "host-qmp-quit"})"))
        .peer(R"({"event": "SHUTDOWN", "data": {}})", event_named("SHUTDOWN"))
        .peer(R"({"return": {}, "id": 2})", returns("quit"))
        .peer(R"({"event": "LATE"})", event_named("LATE"))
        .counts(&session_counters::events, 4)
        .replay();
}

BOOST_AUTO_TEST_CASE(can_be_submitted_again_once_it_is_answered)
{
    negotiated()
        .submits("status", "query-status")
        .sends_command("query-status", 1)
        .peer(R"({"return": 1, "id": 1})", returns("status", "1"))
        .submits("status", "query-status")
        .sends_command("query-status", 2)
        .peer(R"({"return": 1, "id": 1})", unawaited_reply())
        .peer(R"({"return": 2, "id": 2})", returns("status", "2"))
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_reply_that_no_command_awaits)

BOOST_AUTO_TEST_CASE(is_dropped_when_its_id_was_never_sent)
{
    negotiated()
        .submits("status", "query-status")
        .peer(R"({"return": {}, "id": 2})", unawaited_reply())
        .peer(R"({"return": {}, "id": 0})", unawaited_reply())
        .peer(R"({"return": {}, "id": 18446744073709551615})", unawaited_reply())
        .peer(R"({"error": {"class": "GenericError", "desc": "x"}, "id": 2})", unawaited_reply())
        .counts(&session_counters::unknown_ids, 4)
        .peer(R"({"return": {}, "id": 1})", returns("status"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_dropped_when_it_comes_twice)
{
    negotiated()
        .submits("status", "query-status")
        .peer(R"({"return": 1, "id": 1})", returns("status", "1"))
        .peer(R"({"return": 1, "id": 1})", unawaited_reply())
        .counts(&session_counters::replies, 1)
        .counts(&session_counters::unknown_ids, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(is_dropped_when_its_id_has_another_type)
{
    for (std::string const id : {R"("1")", R"("")", R"({"n": 1})", "{}", "[1]", "[]", "null", "true", "-1", "1.0", "1.5", "1e0",
                                 "-9223372036854775808", "18446744073709551617", R"("coqmp-c0ffee")"})
        negotiated()
            .submits("status", "query-status")
            .peer(R"({"return": {}, "id": )" + id + "}", unawaited_reply())
            .peer(R"({"error": {"class": "GenericError", "desc": "x"}, "id": )" + id + "}", unawaited_reply())
            .counts(&session_counters::unknown_ids, 2)
            .peer(R"({"return": {}, "id": 1})", returns("status"))
            .replay();
}

BOOST_AUTO_TEST_CASE(is_dropped_when_it_returns_without_an_id)
{
    negotiated()
        .submits("status", "query-status")
        .peer(R"({"return": {}})", unawaited_reply())
        .counts(&session_counters::unknown_ids, 1)
        .peer(R"({"return": {}, "id": 1})", returns("status"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_dropped_when_it_is_malformed)
{
    negotiated()
        .submits("status", "query-status")
        .peer("{}", odd("it has no member QMP, return, error or event"))
        .peer(R"({"id": 1})", odd("it has no member QMP, return, error or event"))
        .peer(R"({"return": {}, "event": "E", "id": 1})", odd("it has more than one of the members QMP, return, error and event"))
        .peer(R"({"event": 7})", odd("the event's name is not a string"))
        .peer(R"({"event": "E", "data": []})", odd("the event's data is not an object"))
        .counts(&session_counters::unknown_messages, 5)
        .counts(&session_counters::events, 0)
        .peer(R"({"return": {}, "id": 1})", returns("status"))
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_abandoned_command)

BOOST_AUTO_TEST_CASE(swallows_its_late_reply)
{
    negotiated()
        .submits("slow", "slow")
        .submits("next", "next")
        .sends(R"({"execute":"slow","id":1}{"execute":"next","id":2})")
        .abandons("slow")
        .sends("")
        .peer(R"({"return": {"password": "x"}, "id": 1})")
        .counts(&session_counters::late_replies, 1)
        .counts(&session_counters::replies, 0)
        .counts(&session_counters::unknown_ids, 0)
        .peer(R"({"return": {}, "id": 2})", returns("next"))
        .replay();
}

BOOST_AUTO_TEST_CASE(swallows_its_late_error)
{
    negotiated()
        .submits("slow", "slow")
        .abandons("slow")
        .peer(R"({"error": {"class": "GenericError", "desc": "x"}, "id": 1})")
        .counts(&session_counters::late_replies, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(swallows_one_reply_only)
{
    negotiated()
        .submits("slow", "slow")
        .abandons("slow")
        .peer(R"({"return": {}, "id": 1})")
        .peer(R"({"return": {}, "id": 1})", unawaited_reply())
        .counts(&session_counters::late_replies, 1)
        .counts(&session_counters::unknown_ids, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(can_be_abandoned_twice)
{
    negotiated()
        .submits("slow", "slow")
        .abandons("slow")
        .abandons("slow")
        .peer(R"({"return": {}, "id": 1})")
        .abandons("slow")
        .counts(&session_counters::late_replies, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(can_be_submitted_again_before_its_late_reply)
{
    negotiated()
        .submits("status", "query-status")
        .abandons("status")
        .submits("status", "query-status")
        .sends(R"({"execute":"query-status","id":1}{"execute":"query-status","id":2})")
        .peer(R"({"return": 1, "id": 1})")
        .peer(R"({"return": 2, "id": 2})", returns("status", "2"))
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_command_counts_as_sent)

BOOST_AUTO_TEST_CASE(when_its_last_byte_has_been_written)
{
    dialogue core(test_options());
    for (std::string_view input : {hello, our_answer}) {
        while (!input.empty())
            static_cast<void>(core.receive(input));
        core.sent(core.output().size());
    }
    asked first("first");
    asked second("second");
    BOOST_TEST(!core.was_sent(first));
    BOOST_REQUIRE(!core.submit(first));
    std::size_t const first_size = core.output().size();
    BOOST_REQUIRE(!core.submit(second));
    BOOST_TEST(!core.was_sent(first));
    core.sent(first_size - 1);
    BOOST_TEST(!core.was_sent(first));
    core.sent(1);
    BOOST_TEST(core.was_sent(first));
    BOOST_TEST(!core.was_sent(second));
    core.reset();
    BOOST_TEST(core.was_sent(first));
    BOOST_TEST(!core.was_sent(second));
}

BOOST_AUTO_TEST_CASE(until_it_is_submitted_again)
{
    dialogue_options options = test_options();
    options.negotiate = false;
    dialogue core(options);
    asked what("what");
    BOOST_REQUIRE(!core.submit(what));
    core.sent(core.output().size());
    core.abandon(what);
    BOOST_TEST(core.was_sent(what));
    BOOST_REQUIRE(!core.submit(what));
    BOOST_TEST(!core.was_sent(what));
    core.reset();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_command_is_rejected)

BOOST_AUTO_TEST_CASE(when_it_cannot_be_encoded_and_uses_no_id)
{
    json::object const deep{{"levels", nested(1024)}};
    negotiated()
        .is_refused("deep", command("x", deep), errc::arguments_too_deep)
        .is_refused("infinite", command("x").with("n", std::numeric_limits<double>::infinity()), errc::arguments_not_json)
        .is_refused("nan", command("x").with("n", std::numeric_limits<double>::quiet_NaN()), errc::arguments_not_json)
        .is_refused("bytes", command("x").with("text", "\xc3\x28"), errc::arguments_not_json)
        .sends("")
        .submits("good", "good")
        .sends_command("good", 1)
        .peer(R"({"return": {}, "id": 1})", returns("good"))
        .counts(&session_counters::commands, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(whether_it_would_be_queued_or_sent)
{
    script full = negotiated();
    for (int count = 1; count <= 7; ++count)
        full.submits("c" + std::to_string(count), "c");
    full.is_refused("bytes", command("x").with("text", "\xc3\x28"), errc::arguments_not_json)
        .submits("eighth", "eighth")
        .sends(R"({"execute":"c","id":1}{"execute":"c","id":2}{"execute":"c","id":3}{"execute":"c","id":4})"
               R"({"execute":"c","id":5}{"execute":"c","id":15}{"execute":"c","id":16})")
        .peer(R"({"return": {}, "id": 1})", returns("c1"))
        .sends_command("eighth", 6)
        .replay();
}

BOOST_AUTO_TEST_CASE(and_the_rest_of_the_output_stays_intact)
{
    negotiated()
        .submits("first", "first")
        .is_refused("bytes", command("x").with("long", std::string(5000, 'x')).with("text", "\xff"), errc::arguments_not_json)
        .submits("second", "second")
        .sends(R"({"execute":"first","id":1}{"execute":"second","id":2})")
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_hook)

BOOST_AUTO_TEST_CASE(sees_each_command_once_when_it_is_sent)
{
    std::vector<std::string> seen;
    auto options = test_options();
    options.negotiate = false;
    options.ids = command_ids::always;
    options.nonce = 0;
    options.in_band_window = 1;
    options.on_output = [&seen](std::string_view message) { seen.emplace_back(message); };
    performance now(options);
    BOOST_TEST(!now.submit("a", "a"));
    BOOST_TEST(!now.submit("b", "b"));
    BOOST_TEST(!now.submit("c", "c"));
    BOOST_TEST(!now.submit("d", "d"));
    BOOST_TEST(bool(now.submit("bad", command("bad").with("text", "\xff"))));
    std::vector<std::string> expected = {R"({"execute":"a","id":1})"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    now.abandon("c");
    now.core().sent(now.core().output().size());
    now.hear(R"({"return": {}, "id": 1})");
    now.hear(R"({"return": {}, "id": 2})");
    expected.emplace_back(R"({"execute":"b","id":2})");
    expected.emplace_back(R"({"execute":"d","id":4})");
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_dialogue_ends)

BOOST_AUTO_TEST_CASE(when_the_peer_sends_something_that_is_not_json)
{
    negotiated().submits("status", "query-status").peer(R"({"return": ]})", ends(errc::not_json)).replay();
}

BOOST_AUTO_TEST_CASE(when_a_message_is_too_large)
{
    auto options = test_options();
    options.limits.max_message_size = 200;
    negotiated(options)
        .submits("status", "query-status")
        .peer(R"({"return": ")" + std::string(200, 'x') + R"(", "id": 1})", ends(errc::message_too_large))
        .replay();
}

BOOST_AUTO_TEST_CASE(when_a_message_is_nested_too_deeply)
{
    auto options = test_options();
    options.limits.max_nesting = 5;
    negotiated(options)
        .submits("status", "query-status")
        .peer(R"({"return": [[[[[1]]]]], "id": 1})", ends(errc::nested_too_deep))
        .replay();
}

BOOST_AUTO_TEST_CASE(and_a_truncated_message_is_distinguished_from_a_complete_one)
{
    negotiated()
        .checks("we are between messages", [](performance& now) { BOOST_TEST(!now.core().inside_message()); })
        .submits("status", "query-status")
        .peer(R"({"return": {}, "id": 1})", returns("status"))
        .checks("we are between messages", [](performance& now) { BOOST_TEST(!now.core().inside_message()); })
        .replay();
    performance now(test_options());
    now.hear(R"({"QMP": {)");
    BOOST_TEST(now.core().inside_message());
    BOOST_TEST(now.take_seen().empty());
}

BOOST_AUTO_TEST_SUITE_END()
