// A conversation that an earlier client has left in the middle: what of it counts, and when ours begins.
#include "unit/script.hpp"

#include <coqmp/error.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

constexpr std::string_view our_question = "\xff{\"execute\":\"query-version\",\"id\":\"coqmp-c0ffee\"}";
constexpr std::string_view our_version =
    R"({"return": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "id": "coqmp-c0ffee"})"
    "\r\n";
constexpr std::string_view answer_to_the_delimiter =
    R"({"error": {"class": "GenericError", "desc": "JSON parse error, stray '\uFFFD'"}})"
    "\r\n";
constexpr std::string_view stop = R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"})"
                                  "\r\n";
constexpr std::string_view shutdown_event = R"({"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}})"
                                            "\r\n";

/// What results from these bytes, in one piece. It must be the same however they are split.
std::vector<std::string> heard(std::string const& bytes)
{
    std::vector<std::string> results;
    for (std::size_t const piece : {bytes.size(), std::size_t(1), std::size_t(7)}) {
        performance now(test_options());
        now.core().resume(true);
        for (std::size_t begin = 0; begin < bytes.size(); begin += piece)
            now.hear(bytes.substr(begin, piece));
        results.push_back(now.describe(now.take_seen()));
        BOOST_TEST(results.back() == results.front());
        now.cut();
    }
    std::vector<std::string> lines;
    std::istringstream text(results.front());
    for (std::string line; std::getline(text, line);)
        lines.push_back(line.substr(2));
    return lines;
}

std::vector<std::string> heard(std::initializer_list<std::string_view> parts)
{
    std::string bytes;
    for (std::string_view const each : parts)
        bytes += each;
    return heard(bytes);
}

bool begins(std::string const& line, std::string_view with)
{
    return line.starts_with(with);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_resumption)

BOOST_AUTO_TEST_CASE(asks_a_question_of_its_own_without_a_greeting)
{
    performance now(test_options());
    now.core().resume(true);
    BOOST_TEST(now.core().output() == our_question);
    BOOST_TEST(!now.core().is_ready());
}

BOOST_AUTO_TEST_CASE(is_over_when_its_question_is_answered)
{
    performance now(test_options());
    now.core().resume(true);
    now.hear(std::string(answer_to_the_delimiter));
    BOOST_TEST(!now.core().is_ready());
    now.hear(std::string(our_version));
    BOOST_TEST(now.core().is_ready());
    BOOST_TEST(now.core().out_of_band());
    greeting known;
    known.version = {7, 2, 22, "Debian"};
    known.capabilities = {"oob"};
    BOOST_TEST((now.core().greeting() == known));
}

BOOST_AUTO_TEST_CASE(remembers_that_out_of_band_execution_was_not_enabled)
{
    performance now(test_options());
    now.core().resume(false);
    now.hear(std::string(our_version));
    BOOST_TEST(now.core().is_ready());
    BOOST_TEST(!now.core().out_of_band());
    BOOST_TEST(now.core().greeting().capabilities.empty());
    BOOST_TEST((now.submit("probe", command("query-yank").out_of_band()) == errc::out_of_band_unavailable));
}

BOOST_AUTO_TEST_CASE(delivers_the_events_of_the_gap_in_order)
{
    auto const lines = heard({stop, shutdown_event, answer_to_the_delimiter, our_version});
    BOOST_REQUIRE(lines.size() == 3);
    BOOST_TEST(begins(lines[0], "happened: STOP"));
    BOOST_TEST(begins(lines[1], "happened: SHUTDOWN"));
    BOOST_TEST(lines[2] == "ready");
}

BOOST_AUTO_TEST_CASE(drops_at_most_the_message_that_was_cut)
{
    for (std::size_t cut = 1; cut < shutdown_event.size(); ++cut) {
        BOOST_TEST_CONTEXT("cut at " << cut)
        {
            auto const lines = heard({shutdown_event.substr(cut), stop, our_version});
            BOOST_REQUIRE(lines.size() == 2);
            BOOST_TEST(begins(lines[0], "happened: STOP"));
        }
    }
}

// A part of a message may look like a message.
BOOST_AUTO_TEST_CASE(takes_no_part_of_the_cut_message_for_a_message)
{
    constexpr std::string_view nested = R"({"return": {"last": {"event": "RESET"}}, "id": 3})"
                                        "\r\n";
    constexpr std::string_view in_a_list = R"({"return": [{"event": "RESET"}, {"event": "RESET"}]})"
                                           "\r\n";
    constexpr std::string_view in_a_text = R"({"return": "a text with {} in it"})"
                                           "\r\n";
    for (std::string_view const message : {nested, in_a_list, in_a_text}) {
        for (std::size_t cut = 1; cut < message.size(); ++cut) {
            BOOST_TEST_CONTEXT(message << " cut at " << cut)
            {
                auto const lines = heard({message.substr(cut), our_version});
                BOOST_TEST((lines == std::vector<std::string>{"ready"}));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(drops_replies_to_the_commands_of_the_earlier_client)
{
    performance now(test_options());
    now.core().resume(true);
    now.hear(R"({"return": {}, "id": 1})"
             "\r\n");
    now.hear(R"({"error": {"class": "GenericError", "desc": "no"}, "id": "coqmp-c0ff"})"
             "\r\n");
    now.hear(R"({"return": {}})"
             "\r\n");
    BOOST_TEST(now.take_seen().empty());
    BOOST_TEST(now.core().counters().unknown_ids.read() == 3U);
    now.hear(std::string(our_version));
    BOOST_TEST(now.core().is_ready());
}

// The ids of our commands begin anew: a late reply to the earlier client's first command must not answer ours.
BOOST_AUTO_TEST_CASE(sends_commands_only_when_no_foreign_reply_can_follow)
{
    performance now(test_options());
    now.core().resume(true);
    now.core().sent(now.core().output().size());
    now.hear(R"({"return": {"status": "theirs"}, "id": 1})"
             "\r\n" +
             std::string(our_version));
    BOOST_TEST(!now.submit("status", command("query-status")));
    BOOST_TEST(now.core().output() == R"({"execute":"query-status","id":1})");
    (void)now.take_seen();
    now.hear(R"({"return": {"status": "ours"}, "id": 1})"
             "\r\n");
    BOOST_TEST(now.describe(now.take_seen()).find("ours") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ends_when_the_peer_does_not_know_us)
{
    BOOST_TEST((heard({hello, "\r\n"}) == std::vector<std::string>{"ended: " + make_error_code(errc::not_qmp).message()}));
    constexpr std::string_view refusal =
        R"({"error": {"class": "CommandNotFound", "desc": "Expecting capabilities"}, "id": "coqmp-c0ffee"})"
        "\r\n";
    auto const refused = "ended: " + make_error_code(errc::negotiation_refused).message();
    BOOST_TEST((heard({refusal}) == std::vector<std::string>{refused}));
}

BOOST_AUTO_TEST_CASE(ends_at_garbage_after_the_first_line)
{
    auto const garbage = "ended: " + make_error_code(errc::not_json).message();
    BOOST_TEST((heard({"garbage\r\n", "garbage\r\n"}) == std::vector<std::string>{garbage}));
    auto const unknown = "ended: " + make_error_code(errc::not_qmp).message();
    BOOST_TEST((heard({"\r\n", R"({"what": "is this"})", "\r\n"}) == std::vector<std::string>{unknown}));
}

BOOST_AUTO_TEST_CASE(does_not_collect_a_first_line_over_the_limit)
{
    auto options = test_options();
    options.limits.max_message_size = 100;
    performance now(options);
    now.core().resume(true);
    for (int i = 0; i < 100; ++i)
        now.hear(R"({"return": ")");
    now.hear("\"}\r\n" + std::string(stop));
    auto const seen = now.describe(now.take_seen());
    BOOST_TEST(begins(seen, "  happened: STOP"));
}

BOOST_AUTO_TEST_SUITE_END()
