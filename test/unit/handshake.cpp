// The handshake: what we send, which answers count as ours, and what may arrive in between.
#include "unit/script.hpp"

#include <coqmp/error.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

dialogue_options without_out_of_band()
{
    auto result = test_options();
    result.out_of_band = false;
    return result;
}

dialogue_options without_negotiation()
{
    auto result = test_options();
    result.negotiate = false;
    result.ids = command_ids::always;
    result.nonce = 0x0123'4567'89ab'cdef;
    return result;
}

constexpr std::uint64_t first_random_id = 0x0123'4567'89ac;

bool is_not_ready(performance& now)
{
    return !now.core().is_ready();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_handshake)

BOOST_AUTO_TEST_CASE(is_greeting_capabilities_answer)
{
    script()
        .sends("")
        .checks("we are not ready", [](performance& now) { BOOST_TEST(is_not_ready(now)); })
        .peer(hello)
        .sends(R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":"coqmp-c0ffee"})")
        .checks("we are not ready, and not out of band",
                [](performance& now) { BOOST_TEST((is_not_ready(now) && !now.core().out_of_band())); })
        .peer(R"({"return": {}, "id": "coqmp-c0ffee"})", ready{})
        .checks("we are ready, and out of band",
                [](performance& now) { BOOST_TEST((now.core().is_ready() && now.core().out_of_band())); })
        .replay();
}

BOOST_AUTO_TEST_CASE(keeps_what_the_peer_says_about_itself)
{
    negotiated()
        .checks("we know the greeting",
                [](performance& now) {
                    greeting expected;
                    expected.version = {7, 2, 22, ""};
                    expected.capabilities = {"oob"};
                    BOOST_TEST((now.core().greeting() == expected));
                })
        .replay();
}

BOOST_AUTO_TEST_CASE(is_not_counted_as_a_command)
{
    negotiated()
        .counts(&session_counters::commands, 0)
        .counts(&session_counters::replies, 0)
        .counts(&session_counters::unknown_messages, 0)
        .counts(&session_counters::bytes_sent, our_capabilities.size())
        .replay();
}

BOOST_AUTO_TEST_CASE(has_an_id_that_another_nonce_changes)
{
    auto options = test_options();
    options.nonce = ~std::uint64_t{0};
    script(options)
        .peer(hello)
        .sends(R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":"coqmp-fffffffff"})")
        .peer(R"({"return": {}, "id": "coqmp-c0ffee"})", unawaited_reply())
        .peer(R"({"return": {}, "id": "coqmp-fffffffff"})", ready{})
        .replay();
}

BOOST_AUTO_TEST_CASE(asks_for_no_capability_that_is_not_offered)
{
    script()
        .peer(hello_without_oob)
        .sends(std::string(our_capabilities_without_oob))
        .peer(our_answer, ready{})
        .checks("we are not out of band", [](performance& now) { BOOST_TEST(!now.core().out_of_band()); })
        .replay();
}

BOOST_AUTO_TEST_CASE(asks_for_no_capability_that_is_not_wanted)
{
    script(without_out_of_band())
        .peer(hello)
        .sends(std::string(our_capabilities_without_oob))
        .peer(our_answer, ready{})
        .checks("we are not out of band", [](performance& now) { BOOST_TEST(!now.core().out_of_band()); })
        .replay();
}

BOOST_AUTO_TEST_CASE(ignores_capabilities_that_it_does_not_know)
{
    script()
        .peer(R"({"QMP": {"version": {}, "capabilities": ["x-time-travel", "oob", {"name": "object"}, 7]}})")
        .sends(std::string(our_capabilities))
        .peer(our_answer, ready{})
        .replay();
}

BOOST_AUTO_TEST_CASE(accepts_a_greeting_without_capabilities)
{
    script()
        .peer(R"({"QMP": {"version": {"qemu": {"major": 10, "minor": 0, "micro": 2}}}})")
        .sends(std::string(our_capabilities_without_oob))
        .peer(our_answer, ready{})
        .checks("we know the version", [](performance& now) { BOOST_TEST(now.core().greeting().version.major == 10); })
        .replay();
}

BOOST_AUTO_TEST_CASE(accepts_an_empty_greeting)
{
    script().peer(R"({"QMP": {}})").sends(std::string(our_capabilities_without_oob)).peer(our_answer, ready{}).replay();
}

BOOST_AUTO_TEST_CASE(accepts_a_greeting_with_unknown_members)
{
    script()
        .peer(
            R"({"uuid": [1, {"a": 2}], "QMP": {"version": {"qemu": {"nano": 4}}, "motd": "hi", "capabilities": ["oob"]}, "x": null})")
        .sends(std::string(our_capabilities))
        .peer(our_answer, ready{})
        .replay();
}

BOOST_AUTO_TEST_CASE(accepts_a_version_of_any_form)
{
    for (std::string_view const version :
         {"7", "null", "[0, 12]", R"("0.12.50")", R"({"qemu": "0.12.50", "package": ""})", R"({"qemu": null})",
          R"({"qemu": [7]})", R"({"qemu": {"major": "seven"}})", R"({"qemu": {"major": null, "minor": 2.5}})"})
        script()
            .peer(R"({"QMP": {"version": )" + std::string(version) + R"(, "capabilities": ["oob"]}})")
            .sends(std::string(our_capabilities))
            .peer(our_answer, ready{})
            .replay();
}

BOOST_AUTO_TEST_CASE(fails_when_the_greeting_is_not_an_object)
{
    script().peer(R"({"QMP": "hello"})", ends(errc::not_qmp)).sends("").replay();
    script().peer(R"({"QMP": [1, 2]})", ends(errc::not_qmp)).sends("").replay();
}

BOOST_AUTO_TEST_CASE(fails_when_the_peer_speaks_json_but_not_qmp)
{
    script().peer("{}", ends(errc::not_qmp)).sends("").replay();
    script().peer(R"({"jsonrpc": "2.0", "method": "hello"})", ends(errc::not_qmp)).sends("").replay();
    script().peer(R"({"event": 7})", ends(errc::not_qmp)).sends("").replay();
}

BOOST_AUTO_TEST_CASE(fails_when_the_peer_does_not_speak_json)
{
    script().peer("SSH-2.0-OpenSSH_9.2p1", ends(errc::not_json)).sends("").replay();
    script().peer("QEMU 7.2.22 monitor - type 'help' for more information", ends(errc::not_json)).sends("").replay();
}

BOOST_AUTO_TEST_CASE(waits_when_the_greeting_is_late)
{
    script()
        .peer(R"({"event": "STOP"})", event_named("STOP"))
        .peer(R"({"return": {}, "id": 1})", unawaited_reply())
        .sends("")
        .peer(hello)
        .sends(std::string(our_capabilities))
        .peer(our_answer, ready{})
        .replay();
}

BOOST_AUTO_TEST_CASE(ignores_a_second_greeting_and_asks_once)
{
    script()
        .peer(hello)
        .peer(hello_without_oob, second_greeting())
        .sends(std::string(our_capabilities))
        .peer(our_answer, ready{})
        .peer(hello_without_oob, second_greeting())
        .sends("")
        .counts(&session_counters::unknown_messages, 2)
        .checks("the first greeting counts", [](performance& now) { BOOST_TEST(now.core().greeting().offers("oob")); })
        .replay();
}

BOOST_AUTO_TEST_CASE(ignores_a_malformed_second_greeting)
{
    negotiated()
        .peer(R"({"QMP": 1})", odd("the greeting is not an object"))
        .counts(&session_counters::unknown_messages, 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(keeps_events_at_every_point)
{
    script()
        .peer(R"({"event": "BEFORE_GREETING"})", event_named("BEFORE_GREETING"))
        .peer(hello)
        .peer(R"({"event": "BEFORE_ANSWER", "data": {"n": 1}})", event_named("BEFORE_ANSWER", R"({"n": 1})"))
        .sends(std::string(our_capabilities))
        .peer(R"({"event": "BEFORE_ANSWER", "data": {"n": 2}})", event_named("BEFORE_ANSWER", R"({"n": 2})"))
        .peer(our_answer, ready{})
        .peer(R"({"event": "AFTER_ANSWER"})", event_named("AFTER_ANSWER"))
        .counts(&session_counters::events, 4)
        .replay();
}

BOOST_AUTO_TEST_CASE(drops_replies_to_an_earlier_client_at_every_point)
{
    script strangers;
    auto const say_all = [&strangers] {
        strangers.peer(R"({"return": {"status": "running"}, "id": 1})", unawaited_reply())
            .peer(R"({"return": {}, "id": 2})", unawaited_reply())
            .peer(R"({"return": {}, "id": "libvirt-12"})", unawaited_reply())
            .peer(R"({"return": {}, "id": {"client": 3}})", unawaited_reply())
            .peer(R"({"return": {}})", unawaited_reply())
            .peer(R"({"error": {"class": "GenericError", "desc": "no"}, "id": 1})", unawaited_reply())
            .peer(R"({"error": {"class": "GenericError", "desc": "no"}})", unattributed_error(0));
    };
    say_all();
    strangers.peer(hello);
    say_all();
    strangers.sends(std::string(our_capabilities));
    say_all();
    strangers.peer(our_answer, ready{})
        .counts(&session_counters::unknown_ids, 18)
        .counts(&session_counters::unattributed_errors, 3)
        .counts(&session_counters::replies, 0);
    strangers.replay();
}

BOOST_AUTO_TEST_CASE(does_not_accept_its_answer_before_its_request)
{
    script()
        .peer(our_answer, unawaited_reply())
        .peer(hello)
        .sends(std::string(our_capabilities))
        .peer(our_answer, ready{})
        .replay();
}

BOOST_AUTO_TEST_CASE(drops_its_answer_when_it_comes_twice)
{
    negotiated().peer(our_answer, unawaited_reply()).counts(&session_counters::unknown_ids, 1).replay();
}

BOOST_AUTO_TEST_CASE(asks_again_without_out_of_band_when_that_is_refused)
{
    script()
        .peer(hello)
        .sends(std::string(our_capabilities))
        .peer(R"({"id": "coqmp-c0ffee", "error": {"class": "GenericError", "desc": "Capability 'oob' not available"}})")
        .sends(std::string(our_capabilities_without_oob))
        .peer(our_answer, ready{})
        .checks("we are not out of band", [](performance& now) { BOOST_TEST(!now.core().out_of_band()); })
        .is_refused("probe", command("query-yank").out_of_band(), errc::out_of_band_unavailable)
        .replay();
}

BOOST_AUTO_TEST_CASE(fails_with_the_peers_description_when_everything_is_refused)
{
    auto const says_why = [](performance& now) { BOOST_TEST(now.core().refusal() == "Not today"); };
    script(without_out_of_band())
        .peer(hello)
        .sends(std::string(our_capabilities_without_oob))
        .peer(R"({"id": "coqmp-c0ffee", "error": {"class": "GenericError", "desc": "Not today"}})",
              ends(errc::negotiation_refused))
        .checks("we know why", says_why)
        .replay();
    script()
        .peer(hello)
        .sends(std::string(our_capabilities))
        .peer(R"({"id": "coqmp-c0ffee", "error": {"class": "GenericError", "desc": "No oob"}})")
        .sends(std::string(our_capabilities_without_oob))
        .peer(R"({"id": "coqmp-c0ffee", "error": {"class": "CommandNotFound", "desc": "Not today"}})",
              ends(errc::negotiation_refused))
        .checks("we know why", says_why)
        .replay();
}

BOOST_AUTO_TEST_CASE(is_not_ended_by_an_error_for_another_client)
{
    script()
        .peer(hello)
        .sends(std::string(our_capabilities))
        .peer(R"({"id": "coqmp-bad", "error": {"class": "GenericError", "desc": "for another"}})", unawaited_reply())
        .peer(R"({"error": {"class": "GenericError", "desc": "for no command"}})", unattributed_error(0))
        .peer(our_answer, ready{})
        .replay();
}

BOOST_AUTO_TEST_CASE(shows_each_of_its_messages_to_the_hook_once)
{
    for (bool const by_byte : {false, true}) {
        std::vector<std::string> seen;
        auto options = test_options();
        options.on_output = [&seen](std::string_view message) { seen.emplace_back(message); };
        performance now(options);
        std::string const said = std::string(hello) + R"({"id": "coqmp-c0ffee", "error": {"class": "GenericError", "desc": ""}})";
        if (by_byte)
            for (char const each : said)
                now.hear(std::string(1, each));
        else
            now.hear(said);
        std::vector<std::string> const expected = {std::string(our_capabilities), std::string(our_capabilities_without_oob)};
        BOOST_TEST(seen == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(without_negotiation_a_dialogue)

BOOST_AUTO_TEST_CASE(is_ready_at_once_and_its_ids_begin_at_a_random_number)
{
    script(without_negotiation())
        .checks("we are ready, and not out of band",
                [](performance& now) { BOOST_TEST((now.core().is_ready() && !now.core().out_of_band())); })
        .submits("ping", "guest-ping")
        .sends_command("guest-ping", first_random_id)
        .submits("info", "guest-info")
        .sends_command("guest-info", first_random_id + 1)
        .peer(R"({"return": {}, "id": )" + std::to_string(first_random_id) + "}", returns("ping"))
        .peer(R"({"return": {}, "id": 1})", unawaited_reply())
        .peer(R"({"return": {"version": "7"}, "id": )" + std::to_string(first_random_id + 1) + "}",
              returns("info", R"({"version": "7"})"))
        .replay();
}

BOOST_AUTO_TEST_CASE(has_ids_that_are_never_zero)
{
    auto options = without_negotiation();
    options.nonce = 0;
    script(options).submits("ping", "guest-ping").sends_command("guest-ping", 1).replay();
}

BOOST_AUTO_TEST_CASE(skips_the_delimiter_of_the_guest_agent)
{
    script(without_negotiation())
        .submits("sync", command("guest-sync-delimited").with("id", 7))
        .peer(
            "\xff"
            R"({"return": 7, "id": )" +
                std::to_string(first_random_id) + "}",
            returns("sync", "7"))
        .replay();
}

BOOST_AUTO_TEST_CASE(refuses_out_of_band_commands)
{
    script(without_negotiation())
        .is_refused("probe", command("query-yank").out_of_band(), errc::out_of_band_unavailable)
        .sends("")
        .replay();
}

BOOST_AUTO_TEST_CASE(ignores_a_greeting)
{
    script(without_negotiation())
        .peer(hello, second_greeting())
        .sends("")
        .counts(&session_counters::unknown_messages, 1)
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()
