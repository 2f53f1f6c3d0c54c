// Guest agents of any age: one command at a time without ids, and data that an earlier client left behind.
#include "unit/script.hpp"

#include <coqmp/error.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

constexpr std::uint64_t first_id = 1000;

dialogue_options agent(command_ids ids = command_ids::automatic)
{
    auto result = test_options();
    result.negotiate = false;
    result.nonce = (first_id - 1) << 16;
    result.ids = ids;
    return result;
}

/// The error of QEMU 2.8's agent.
constexpr std::string_view refusal_of_id =
    R"({"error": {"class": "GenericError", "desc": "QMP input object member 'id' is unexpected"}})";

/// The answer of QEMU 7.2's agent to 0xFF.
constexpr std::string_view stray = R"({"error": {"class": "GenericError", "desc": "JSON parse error, stray 'ÿ'"}})";

ignored about_what_came_before(std::string_view class_name = "GenericError")
{
    return {"An error without an id was ignored: it concerns bytes from before guest-sync: " + std::string(class_name) + "."};
}

command sync(std::int64_t number)
{
    return command("guest-sync-delimited").with("id", number);
}

std::string sync_text(std::int64_t number, std::string const& id = "")
{
    return "\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":" + std::to_string(number) + "}" +
           (id.empty() ? "" : ",\"id\":" + id) + "}";
}

std::string without_id(std::string const& name)
{
    return R"({"execute":")" + name + "\"}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_peer_that_may_not_know_ids)

BOOST_AUTO_TEST_CASE(gets_one_command_until_it_has_returned_an_id)
{
    script(agent())
        .submits("ping", "guest-ping")
        .submits("info", "guest-info")
        .submits("time", "guest-get-time")
        .sends_command("guest-ping", first_id)
        .peer(R"({"return": {}, "id": 1000})", returns("ping"))
        .sends(R"({"execute":"guest-info","id":1001}{"execute":"guest-get-time","id":1002})")
        .peer(R"({"return": 1, "id": 1001})", returns("info", "1"))
        .peer(R"({"return": {}})", unawaited_reply())
        .peer(R"({"return": 2, "id": 1002})", returns("time", "2"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_recognized_by_a_reply_without_an_id)
{
    script(agent())
        .submits("ping", "guest-ping")
        .submits("info", "guest-info")
        .sends_command("guest-ping", first_id)
        .peer(R"({"return": {}})", returns("ping"))
        .sends(without_id("guest-info"))
        .peer(R"({"return": 1})", returns("info", "1"))
        .counts(&session_counters::unknown_ids, 0)
        .replay();
}

BOOST_AUTO_TEST_CASE(that_refuses_an_id_gets_the_command_again_without_it)
{
    script(agent())
        .submits("ping", command("guest-ping").with("a", 1))
        .submits("info", "guest-info")
        .sends(R"({"execute":"guest-ping","arguments":{"a":1},"id":1000})")
        .peer(refusal_of_id)
        .sends(R"({"execute":"guest-ping","arguments":{"a":1}})")
        .peer(R"({"return": {}})", returns("ping"))
        .sends(without_id("guest-info"))
        .peer(R"({"error": {"class": "GenericError", "desc": "no"}})", fails("info", "GenericError", "no"))
        .counts(&session_counters::commands, 2)
        .counts(&session_counters::replies, 2)
        .counts(&session_counters::unattributed_errors, 0)
        .replay();
}

BOOST_AUTO_TEST_CASE(that_refuses_an_abandoned_command_does_not_get_it_again)
{
    script(agent())
        .submits("ping", "guest-ping")
        .sends_command("guest-ping", first_id)
        .abandons("ping")
        .peer(refusal_of_id)
        .sends("")
        .submits("info", "guest-info")
        .sends(without_id("guest-info"))
        .peer(R"({"return": 1})", returns("info", "1"))
        .replay();
}

BOOST_AUTO_TEST_CASE(that_refuses_ids_refuses_each_command_that_had_one)
{
    script(agent())
        .submits("ping", "guest-ping")
        .abandons("ping")
        .submits("info", "guest-info")
        .sends(R"({"execute":"guest-ping","id":1000}{"execute":"guest-info","id":1001})")
        .peer(refusal_of_id)
        .sends("")
        .peer(refusal_of_id)
        .sends(without_id("guest-info"))
        .peer(R"({"return": 1})", returns("info", "1"))
        .replay();
}

BOOST_AUTO_TEST_CASE(and_never_answers_one_command_gets_the_next)
{
    script(agent())
        .submits("shutdown", "guest-shutdown")
        .sends_command("guest-shutdown", first_id)
        .submits("ping", "guest-ping")
        .sends("")
        .abandons("shutdown")
        .sends_command("guest-ping", first_id + 1)
        .peer(R"({"return": {}, "id": 1001})", returns("ping"))
        .replay();
}

BOOST_AUTO_TEST_CASE(never_gives_a_late_answer_to_a_later_command)
{
    script(agent())
        .submits("slow", "guest-fsfreeze-status")
        .abandons("slow")
        .submits("ping", "guest-ping")
        .peer(R"({"return": "thawed"})")
        .counts(&session_counters::late_replies, 1)
        .peer(R"({"return": {}})", returns("ping"))
        .replay();
    script(agent())
        .submits("slow", "guest-fsfreeze-status")
        .abandons("slow")
        .submits("ping", "guest-ping")
        .peer(R"({"error": {"class": "CommandNotFound", "desc": "late"}})")
        .peer(R"({"return": {}, "id": 1001})", returns("ping"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_asked_with_an_id_always_if_the_caller_says_so)
{
    script(agent(command_ids::always))
        .submits("ping", "guest-ping")
        .submits("info", "guest-info")
        .sends(R"({"execute":"guest-ping","id":1000}{"execute":"guest-info","id":1001})")
        .peer(R"({"return": {}})", unawaited_reply())
        .peer(R"({"return": 1, "id": 1001})", returns("info", "1"))
        .peer(refusal_of_id, fails("ping", "GenericError", "QMP input object member 'id' is unexpected"))
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(without_ids)

BOOST_AUTO_TEST_CASE(one_command_is_on_the_wire_at_a_time)
{
    script(agent(command_ids::never))
        .submits("a", "a")
        .submits("b", "b")
        .sends(without_id("a"))
        .peer(R"({"return": 1})", returns("a", "1"))
        .sends(without_id("b"))
        .peer(R"({"return": 0, "id": 0})", unawaited_reply())
        .peer(R"({"error": {"class": "GenericError", "desc": "no"}})", fails("b", "GenericError", "no"))
        .peer(R"({"return": {}})", unawaited_reply())
        .peer(R"({"error": {"class": "GenericError", "desc": "no"}})", unattributed_error(0))
        .replay();
}

BOOST_AUTO_TEST_CASE(an_abandoned_command_is_still_on_the_wire)
{
    script(agent(command_ids::never))
        .submits("a", "a")
        .sends(without_id("a"))
        .abandons("a")
        .submits("b", "b")
        .submits("c", "c")
        .sends("")
        .peer(R"({"return": 1})")
        .sends(without_id("b"))
        .peer(R"({"return": 2})", returns("b", "2"))
        .sends(without_id("c"))
        .counts(&session_counters::late_replies, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(a_monitor_gets_ids_all_the_same)
{
    auto options = test_options();
    options.ids = command_ids::never;
    negotiated(options).submits("a", "a").sends_command("a", 1).peer(R"({"return": 1, "id": 1})", returns("a", "1")).replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(guest_sync_delimited)

BOOST_AUTO_TEST_CASE(begins_with_the_delimiter_and_is_not_refused_for_it)
{
    script(agent())
        .submits("sync", sync(4711))
        .sends(sync_text(4711, "1000"))
        .peer(stray, about_what_came_before())
        .counts(&session_counters::unattributed_errors, 1)
        .peer("\xff{\"return\": 4711, \"id\": 1000}", returns("sync", "4711"))
        .replay();
    script(agent(command_ids::never))
        .submits("sync", sync(4711))
        .sends(sync_text(4711))
        .peer(stray, about_what_came_before())
        .peer("\xff{\"return\": 4711}", returns("sync", "4711"))
        .replay();
}

BOOST_AUTO_TEST_CASE(has_no_delimiter_on_the_way_to_a_monitor)
{
    negotiated().submits("sync", sync(7)).sends(R"({"execute":"guest-sync-delimited","arguments":{"id":7},"id":1})").replay();
}

BOOST_AUTO_TEST_CASE(is_traced_without_the_delimiter)
{
    std::vector<std::string> seen;
    auto options = agent(command_ids::never);
    options.on_output = [&seen](std::string_view message) { seen.emplace_back(message); };
    performance now(options);
    BOOST_TEST(!now.submit("sync", sync(1)));
    BOOST_TEST(!now.submit("ping", "guest-ping"));
    std::vector<std::string> const expected = {sync_text(1).substr(1)};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    now.cut();
}

BOOST_AUTO_TEST_CASE(without_a_number_is_a_command_like_any_other)
{
    script(agent(command_ids::never))
        .submits("sync", "guest-sync-delimited")
        .sends(without_id("guest-sync-delimited"))
        .peer(R"({"error": {"class": "GenericError", "desc": "Parameter 'id' is missing"}})",
              fails("sync", "GenericError", "Parameter 'id' is missing"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_refused_by_an_error_that_names_it)
{
    script(agent())
        .submits("sync", sync(7))
        .peer(R"({"error": {"class": "CommandNotFound", "desc": "The command guest-info has not been found"}})",
              about_what_came_before("CommandNotFound"))
        .peer(R"({"error": {"class": "CommandNotFound", "desc": "The command guest-sync-delimited has not been found"}})",
              fails("sync", "CommandNotFound", "The command guest-sync-delimited has not been found"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_sent_again_if_its_id_is_refused)
{
    script(agent())
        .submits("sync", sync(7))
        .sends(sync_text(7, "1000"))
        .peer(stray, about_what_came_before())
        .peer(refusal_of_id)
        .sends(sync_text(7))
        .peer(stray, about_what_came_before())
        .peer("\xff{\"return\": 7}", returns("sync", "7"))
        .submits("ping", "guest-ping")
        .sends(without_id("guest-ping"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_not_answered_by_the_reply_to_an_earlier_client)
{
    script(agent())
        .submits("sync", sync(7))
        .submits("ping", "guest-ping")
        .sends(sync_text(7, "1000"))
        .peer(R"({"return": {}})", unawaited_reply())
        .peer(R"({"return": 6})", unawaited_reply())
        .peer(R"({"return": 7.0})", unawaited_reply())
        .peer("\xff{\"return\": 7}", returns("sync", "7"))
        .sends(without_id("guest-ping"))
        .peer(R"({"return": {}})", returns("ping"))
        .counts(&session_counters::unknown_ids, 3)
        .replay();
}

BOOST_AUTO_TEST_CASE(goes_although_a_command_was_never_answered)
{
    script(agent(command_ids::never))
        .submits("shutdown", "guest-shutdown")
        .sends(without_id("guest-shutdown"))
        .submits("ping", "guest-ping")
        .submits("sync", sync(7))
        .sends("")
        .abandons("shutdown")
        .sends(sync_text(7))
        .peer(R"({"return": "late"})", unawaited_reply())
        .peer("\xff{\"return\": 7}", returns("sync", "7"))
        .sends(without_id("guest-ping"))
        .peer(R"({"return": {}})", returns("ping"))
        .replay();
}

BOOST_AUTO_TEST_CASE(goes_again_although_it_was_never_answered)
{
    auto options = agent(command_ids::never);
    options.in_band_window = 1;
    script(options)
        .submits("first", sync(7))
        .sends(sync_text(7))
        .abandons("first")
        .submits("ping", "guest-ping")
        .sends("")
        .submits("second", sync(8))
        .sends(sync_text(8))
        .peer("\xff{\"return\": 7}", unawaited_reply())
        .peer("\xff{\"return\": 8}", returns("second", "8"))
        .sends(without_id("guest-ping"))
        .replay();
}

BOOST_AUTO_TEST_CASE(that_was_abandoned_still_ends_the_wait_of_the_others)
{
    script(agent(command_ids::never))
        .submits("sync", sync(7))
        .abandons("sync")
        .submits("ping", "guest-ping")
        .sends(sync_text(7))
        .peer("\xff{\"return\": 7}")
        .sends(without_id("guest-ping"))
        .counts(&session_counters::late_replies, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(is_pipelined_with_others_if_ids_are_returned)
{
    script(agent(command_ids::always))
        .submits("a", "a")
        .submits("sync", sync(7))
        .submits("b", "b")
        .sends(R"({"execute":"a","id":1000})" + sync_text(7, "1001") + R"({"execute":"b","id":1002})")
        .peer(R"({"return": 1, "id": 1000})", returns("a", "1"))
        .peer(stray, about_what_came_before())
        .peer("\xff{\"return\": 7, \"id\": 1001}", returns("sync", "7"))
        .peer(R"({"return": 2, "id": 1002})", returns("b", "2"))
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(what_an_earlier_client_left_behind)

BOOST_AUTO_TEST_CASE(is_skipped_up_to_the_delimiter)
{
    for (std::string const tail : {R"(p2", "hardware-address": "52:54"}]}]})", R"({"return": {"name": "et)",
                                   R"({"return": [1, {"a": )", "}", "nonsense", R"("text with { in it)", "{\"a\":\"\xc3"})
        script(agent())
            .submits("sync", sync(7))
            .sends(sync_text(7, "1000"))
            .peer(tail + "\xff{\"return\": 7}", odd(tail.starts_with('{') ? "it is incomplete" : "it is not JSON"),
                  returns("sync", "7"))
            .counts(&session_counters::unknown_messages, 1)
            .replay();
}

BOOST_AUTO_TEST_CASE(is_skipped_up_to_the_end_of_its_line)
{
    script(agent())
        .submits("sync", sync(7))
        .peer("half\": 1}\n", odd("it is not JSON"))
        .peer("[]\n", odd("it is not JSON"))
        .peer(R"({"return": {}})", unawaited_reply())
        .peer("\xff{\"return\": 7}", returns("sync", "7"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_skipped_even_if_it_comes_before_the_first_command)
{
    script(agent())
        .peer("ardware-address\": 1}\n", odd("it is not JSON"))
        .submits("ping", "guest-ping")
        .peer(R"({"return": {}, "id": 1000})", returns("ping"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_not_expected_later)
{
    script(agent())
        .submits("ping", "guest-ping")
        .peer(R"({"return": {}, "id": 1000})", returns("ping"))
        .peer("garbage", ends(errc::not_json))
        .replay();
}

BOOST_AUTO_TEST_CASE(may_have_several_lines_and_begin_with_an_object)
{
    script(agent())
        .peer("{\"logical-id\": 3}", odd("it has no member QMP, return, error or event"))
        .peer("]}\n", odd("it is not JSON"))
        .peer("second line\n", odd("it is not JSON"))
        .submits("ping", "guest-ping")
        .peer(R"({"return": {}, "id": 1000})", returns("ping"))
        .peer("garbage", ends(errc::not_json))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_not_expected_of_a_monitor)
{
    negotiated().submits("sync", sync(7)).peer("garbage", ends(errc::not_json)).replay();
    negotiated().submits("sync", sync(7)).peer("{\"a\"\xff", ends(errc::not_json)).replay();
}

BOOST_AUTO_TEST_SUITE_END()
