// The order of commands, answers and events, and when a server stops reading. QEMU 7.2.22 has the same rules.
#include "unit/served_client.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

using lines = std::vector<std::string>;

std::string command(int id)
{
    return R"({"execute":"c)" + std::to_string(id) + R"(","id":)" + std::to_string(id) + "}";
}

std::string urgent_command(int id)
{
    return R"({"exec-oob":"u)" + std::to_string(id) + R"(","id":)" + std::to_string(id) + "}";
}

std::string commands(int first, int last)
{
    std::string result;
    for (int id = first; id <= last; ++id)
        result += command(id);
    return result;
}

std::string returned(int value, int id)
{
    return R"({"return": )" + std::to_string(value) + R"(, "id": )" + std::to_string(id) + "}";
}

constexpr char const* event_line = "{\"event\": \"STOP\"}";
constexpr char const* event_message = "{\"event\": \"STOP\"}\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(server_dialogue_order, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(without_oob_one_command_is_read_at_a_time)
{
    served_client client(negotiation_in_band);
    client.says(commands(0, 2));
    BOOST_TEST(client.asked_names() == "c0 ");
    BOOST_TEST(!client.core().wants_input());
    BOOST_TEST(client.unread() == commands(1, 2));
    client.answer(0, 10);
    BOOST_TEST(client.asked_names() == "c0 c1 ");
    client.answer(1, 11);
    client.answer(2, 12);
    BOOST_TEST(client.core().wants_input());
    BOOST_TEST((client.hears() == lines{returned(10, 0), returned(11, 1), returned(12, 2)}));
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_want_input_takes_none)
{
    server_dialogue core(like_qemu());
    std::string const all = std::string(negotiation_in_band) + commands(0, 1);
    std::string_view input = all;
    core.receive(input);
    core.receive(input);
    std::string_view const before = input;
    BOOST_TEST((core.receive(input) == server_action(nothing{})));
    BOOST_TEST(input == before);
    BOOST_TEST(input == command(1));
}

BOOST_AUTO_TEST_CASE(without_oob_garbage_behind_a_command_is_not_read_before_its_answer)
{
    served_client client(negotiation_in_band);
    client.says(command(0) + "\xff" + command(1));
    BOOST_TEST(client.hears().empty());
    client.answer(0, 10);
    BOOST_TEST((summaries(client.hears()) == lines{"0 returns 10", "GenericError: JSON parse error, stray '\xef\xbf\xbd'"}));
    BOOST_TEST(client.asked_names() == "c0 c1 ");
}

BOOST_AUTO_TEST_CASE(with_oob_eight_commands_may_wait_behind_one)
{
    served_client client(negotiation_out_of_band);
    client.says(commands(0, 7));
    BOOST_TEST(client.core().wants_input());
    client.says(commands(8, 10));
    BOOST_TEST(client.asked_names() == "c0 c1 c2 c3 c4 c5 c6 c7 c8 ");
    BOOST_TEST(!client.core().wants_input());
    client.answer(0, 10);
    BOOST_TEST(client.asked_names() == "c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 ");
    BOOST_TEST(!client.core().wants_input());
}

BOOST_AUTO_TEST_CASE(the_queue_may_have_another_length)
{
    server_dialogue_options options = like_qemu();
    options.queue_length = 1;
    served_client client(negotiation_out_of_band, options);
    client.says(commands(0, 3));
    BOOST_TEST(client.asked_names() == "c0 c1 ");
}

BOOST_AUTO_TEST_CASE(answers_in_another_order_leave_in_the_order_of_their_commands)
{
    served_client client(negotiation_out_of_band);
    client.says(commands(0, 3));
    client.answer(2, 12);
    client.answer(1, 11);
    BOOST_TEST(client.hears().empty());
    client.answer(0, 10);
    BOOST_TEST((client.hears() == lines{returned(10, 0), returned(11, 1), returned(12, 2)}));
    client.fail(3, {"GenericError", "no"});
    BOOST_TEST(summaries(client.hears()) == lines{"3 GenericError: no"});
}

BOOST_AUTO_TEST_CASE(commands_with_the_same_id_get_their_own_answers)
{
    served_client client(negotiation_out_of_band);
    client.says(command(7) + command(7));
    client.answer(1, 11);
    client.answer(0, 10);
    BOOST_TEST((client.hears() == lines{returned(10, 7), returned(11, 7)}));
}

BOOST_AUTO_TEST_CASE(answers_that_wait_for_others_count_as_waiting_bytes)
{
    served_client client(negotiation_out_of_band);
    client.says(commands(0, 1));
    client.answer(1, 11);
    BOOST_TEST(client.core().output().empty());
    BOOST_TEST(client.core().waiting_bytes() == returned(11, 1).size() + 2);
    client.answer(0, 10);
    BOOST_TEST(client.core().waiting_bytes() == 2 * (returned(11, 1).size() + 2));
    client.hears();
    BOOST_TEST(client.core().waiting_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(an_error_takes_its_place_among_the_answers)
{
    served_client client(negotiation_out_of_band);
    client.says(command(0) + "[]" + R"({"id":1})" + command(2) + "\xff");
    BOOST_TEST(client.hears().empty());
    BOOST_TEST(client.refusals().size() == 3U);
    client.answer(1, 12);
    client.answer(0, 10);
    BOOST_TEST((summaries(client.hears()) == lines{"0 returns 10", "GenericError: QMP input must be a JSON object",
                                                   "1 GenericError: QMP input lacks member 'execute'", "2 returns 12",
                                                   "GenericError: JSON parse error, stray '\xef\xbf\xbd'"}));
}

BOOST_AUTO_TEST_CASE(errors_behind_a_slow_command_fill_the_queue)
{
    served_client client(negotiation_out_of_band);
    client.says(command(0) + std::string(1000, ']'));
    BOOST_TEST(client.refusals().size() == 8U);
    BOOST_TEST(client.unread().size() == 992U);
    BOOST_TEST(client.core().waiting_bytes() < 1000U);
    client.answer(0, 10);
    BOOST_TEST(client.refusals().size() == 1000U);
    BOOST_TEST(client.hears().size() == 1001U);
}

BOOST_AUTO_TEST_CASE(an_out_of_band_command_overtakes)
{
    served_client client(negotiation_out_of_band);
    client.says(commands(0, 1) + urgent_command(2));
    BOOST_TEST(client.asked_names() == "c0 c1 u2! ");
    client.answer(2, 12);
    BOOST_TEST(client.hears() == lines{returned(12, 2)});
    client.answer(0, 10);
    client.answer(1, 11);
    BOOST_TEST((client.hears() == lines{returned(10, 0), returned(11, 1)}));
}

BOOST_AUTO_TEST_CASE(the_error_of_an_out_of_band_command_overtakes)
{
    served_client client(negotiation_out_of_band);
    client.says(command(0) + urgent_command(1));
    client.fail(1, not_out_of_band("u1"));
    BOOST_TEST(summaries(client.hears()) == lines{"1 GenericError: The command u1 does not support OOB"});
    client.says(R"({"exec-oob":5,"id":2}{"exec-oob":"qmp_capabilities","id":3})");
    BOOST_TEST((summaries(client.hears()) == lines{"2 GenericError: QMP input member 'exec-oob' must be a string",
                                                   "3 GenericError: The command qmp_capabilities does not support OOB"}));
    client.says(R"({"exec-oob":"x","execute":"y","id":4})");
    BOOST_TEST(client.hears().empty());
}

BOOST_AUTO_TEST_CASE(an_out_of_band_command_behind_a_full_queue_is_not_seen)
{
    served_client client(negotiation_out_of_band);
    client.says(commands(0, 8) + urgent_command(9));
    BOOST_TEST(client.asked_names() == "c0 c1 c2 c3 c4 c5 c6 c7 c8 ");
    client.answer(0, 10);
    BOOST_TEST(client.asked_names() == "c0 c1 c2 c3 c4 c5 c6 c7 c8 u9! ");
}

BOOST_AUTO_TEST_CASE(nothing_is_read_while_an_out_of_band_command_is_executed)
{
    served_client client(negotiation_out_of_band);
    client.says(command(0) + urgent_command(1) + urgent_command(2) + command(3));
    BOOST_TEST(client.asked_names() == "c0 u1! ");
    client.answer(0, 10);
    BOOST_TEST(client.asked_names() == "c0 u1! ");
    client.answer(1, 11);
    BOOST_TEST(client.asked_names() == "c0 u1! u2! ");
    client.answer(2, 12);
    BOOST_TEST(client.asked_names() == "c0 u1! u2! c3 ");
    BOOST_TEST(!client.answer(1, 0));
}

BOOST_AUTO_TEST_CASE(events_are_sent_only_after_the_negotiation)
{
    served_client client("");
    BOOST_TEST(!client.core().send_event(event_message));
    client.says(R"({"execute":"qmp_capabilities","arguments":{"enable":["x"]}})");
    client.hears();
    BOOST_TEST(!client.core().send_event(event_message));
    client.says(negotiation_in_band);
    BOOST_TEST(client.core().send_event(event_message));
    BOOST_TEST((client.hears() == lines{R"({"return": {}})", event_line}));
}

BOOST_AUTO_TEST_CASE(events_overtake_the_answers_of_commands_that_are_executed)
{
    served_client client(negotiation_in_band);
    client.says(command(0));
    client.core().send_event(event_message);
    client.answer(0, 10);
    client.core().send_event(event_message);
    BOOST_TEST((client.hears() == lines{event_line, returned(10, 0), event_line}));
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_not_read_from)
{
    server_dialogue_options options = like_qemu();
    options.output_limit = 1000;
    served_client client(negotiation_in_band, options);
    client.says(std::string(100, ']'));
    BOOST_TEST(!client.core().wants_input());
    BOOST_TEST(client.core().waiting_bytes() > 1000U);
    BOOST_TEST(client.core().waiting_bytes() < 1200U);
    std::size_t heard = client.hears().size();
    for (int count = 0; count < 100 && heard < 100; ++count) {
        client.says("");
        heard += client.hears().size();
    }
    BOOST_TEST(heard == 100U);
    BOOST_TEST(client.unread().empty());
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_still_gets_its_answers)
{
    server_dialogue_options options = like_qemu();
    options.output_limit = 1000;
    served_client client(negotiation_out_of_band, options);
    client.says(commands(0, 1));
    for (int count = 0; count < 100; ++count)
        client.core().send_event(event_message);
    BOOST_TEST(!client.core().wants_input());
    client.answer(0, 10);
    client.answer(1, 11);
    lines const heard = client.hears();
    BOOST_TEST_REQUIRE(heard.size() == 102U);
    BOOST_TEST(heard.back() == returned(11, 1));
}

BOOST_AUTO_TEST_CASE(output_that_is_sent_in_parts_is_complete)
{
    served_client client(negotiation_in_band);
    client.says(command(0));
    client.answer(0, 10);
    std::string seen;
    while (!client.core().output().empty()) {
        seen += client.core().output().substr(0, 3);
        client.core().sent(std::min<std::size_t>(3, client.core().output().size()));
    }
    BOOST_TEST(seen == returned(10, 0) + "\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
