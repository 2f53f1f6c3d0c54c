// The server's side of a conversation: the greeting, the negotiation, what is a command, and ids. QEMU 7.2.22 gave the same answers.
#include "support/memory.hpp"
#include "unit/served_client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace coqmp;
using namespace coqmp::protocol;

namespace {

constexpr char const* needs_negotiation = "CommandNotFound: Expecting capabilities negotiation with 'qmp_capabilities'";
constexpr char const* has_negotiated = "CommandNotFound: Capabilities negotiation is already complete, command ignored";

using lines = std::vector<std::string>;

/// What a client says, and summaries of the answers.
struct sample
{
    std::string says;
    lines hears;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.says;
}

std::vector<sample> before_negotiation()
{
    return {
        {R"({"execute":"query-status","id":1})", {std::string("1 ") + needs_negotiation}},
        {R"({"execute":"no-such"})", {needs_negotiation}},
        {R"({"execute":"","arguments":{"a":1}})", {needs_negotiation}},
        {R"({"exec-oob":"query-yank","id":2})", {"2 GenericError: QMP input member 'exec-oob' is unexpected"}},
        {R"({"exec-oob":"qmp_capabilities","id":2})", {"2 GenericError: QMP input member 'exec-oob' is unexpected"}},
        {R"({"execute":"qmp_capabilities","exec-oob":"x"})", {"GenericError: QMP input member 'exec-oob' is unexpected"}},
        {R"({"execute":"qmp_capabilities","arguments":[]})", {"GenericError: QMP input member 'arguments' must be an object"}},
        {"[]", {"GenericError: QMP input must be a JSON object"}},
        {"{}", {"GenericError: QMP input lacks member 'execute'"}},
        {"{]", {"GenericError: JSON parse error, expecting value"}},
        {"{\"a\":\x1b", {"GenericError: JSON parse error, stray '\x1b'"}},
    };
}

std::vector<sample> refused_negotiations()
{
    std::string const unknown = "GenericError: Parameter 'null' does not accept value 'x'";
    std::string const no_array = "GenericError: Invalid parameter type for 'enable', expected: array";
    return {
        {R"({"enable":["x"]})", {unknown}},
        {R"({"enable":["oob","x"]})", {unknown}},
        {R"({"enable":["x",1]})", {unknown}},
        {R"({"enable":["x"],"y":1})", {unknown}},
        {R"({"enable":["OOB"]})", {"GenericError: Parameter 'null' does not accept value 'OOB'"}},
        {R"({"enable":"oob"})", {no_array}},
        {R"({"enable":null})", {no_array}},
        {R"({"enable":{}})", {no_array}},
        {R"({"enable":[1]})", {"GenericError: Invalid parameter type for 'enable[0]', expected: string"}},
        {R"({"enable":["oob",[]]})", {"GenericError: Invalid parameter type for 'enable[1]', expected: string"}},
        {R"({"enable":["oob"],"y":1})", {"GenericError: Parameter 'y' is unexpected"}},
        {R"({"y":1})", {"GenericError: Parameter 'y' is unexpected"}},
    };
}

/// Messages that are not commands, whether `oob` is enabled or not.
std::vector<sample> not_commands()
{
    return {
        {"true ", {"GenericError: QMP input must be a JSON object"}},
        {R"("text")", {"GenericError: QMP input must be a JSON object"}},
        {"1 2 ", {"GenericError: QMP input must be a JSON object", "GenericError: QMP input must be a JSON object"}},
        {R"([{"execute":"x","id":1}])", {"GenericError: QMP input must be a JSON object"}},
        {R"({"id":5})", {"5 GenericError: QMP input lacks member 'execute'"}},
        {R"({"arguments":{},"id":5})", {"5 GenericError: QMP input lacks member 'execute'"}},
        {R"({"execute":5,"id":5})", {"5 GenericError: QMP input member 'execute' must be a string"}},
        {R"({"execute":null,"id":5})", {"5 GenericError: QMP input member 'execute' must be a string"}},
        {R"({"execute":"x","arguments":[],"id":5})", {"5 GenericError: QMP input member 'arguments' must be an object"}},
        {R"({"execute":"x","arguments":null,"id":5})", {"5 GenericError: QMP input member 'arguments' must be an object"}},
        {R"({"arguments":[],"id":5})", {"5 GenericError: QMP input member 'arguments' must be an object"}},
        {R"({"execute":5,"arguments":5})", {"GenericError: QMP input member 'execute' must be a string"}},
        {R"({"execute":"x","y":1,"id":5})", {"5 GenericError: QMP input member 'y' is unexpected"}},
        {R"({"execute":"x","Execute":"x"})", {"GenericError: QMP input member 'Execute' is unexpected"}},
        {R"({"execute":"x","":1})", {"GenericError: QMP input member '' is unexpected"}},
        {R"({"execute":"x","execute":"y","id":1})", {"GenericError: JSON parse error, duplicate key"}},
        {R"({"execute":"x","id":1,"id":1})", {"GenericError: JSON parse error, duplicate key"}},
        {R"({"execute":"qmp_capabilities","id":1})", {std::string("1 ") + has_negotiated}},
        {R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":1})", {std::string("1 ") + has_negotiated}},
        {R"({"execute":"qmp_capabilities","arguments":{"y":1}})", {"GenericError: Parameter 'y' is unexpected"}},
        {"\xff", {"GenericError: JSON parse error, stray '\xef\xbf\xbd'"}},
        {"%", {"GenericError: JSON parse error, stray '%'"}},
    };
}

std::vector<sample> malformed_with_oob()
{
    return {
        {R"({"exec-oob":5,"id":5})", {"5 GenericError: QMP input member 'exec-oob' must be a string"}},
        {R"({"exec-oob":5,"execute":5})", {"GenericError: QMP input member 'exec-oob' must be a string"}},
        {R"({"exec-oob":5,"arguments":5})", {"GenericError: QMP input member 'exec-oob' must be a string"}},
        {R"({"exec-oob":"x","execute":5})", {"GenericError: QMP input member 'execute' must be a string"}},
        {R"({"exec-oob":"x","execute":"y","id":5})", {"5 GenericError: QMP input member 'execute' clashes with 'exec-oob'"}},
        {R"({"exec-oob":"x","arguments":[],"id":5})", {"5 GenericError: QMP input member 'arguments' must be an object"}},
        {R"({"exec-oob":"x","y":1})", {"GenericError: QMP input member 'y' is unexpected"}},
        {R"({"exec-oob":"qmp_capabilities","id":5})", {"5 GenericError: The command qmp_capabilities does not support OOB"}},
    };
}

/// Says it at once, and byte by byte.
void check(char const* beginning, sample const& what)
{
    served_client at_once(beginning);
    at_once.says(what.says);
    BOOST_TEST(summaries(at_once.hears()) == what.hears, boost::test_tools::per_element());
    BOOST_TEST(at_once.asked_names().empty());
    BOOST_TEST(at_once.refusals().size() == what.hears.size());
    served_client in_parts(beginning);
    for (char const& each : what.says)
        in_parts.says(std::string_view(&each, 1));
    BOOST_TEST(summaries(in_parts.hears()) == what.hears, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_dialogue_suite, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_client_is_greeted_before_it_says_anything)
{
    served_client client;
    BOOST_TEST(client.hears() ==
               lines{R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, )"
                     R"("capabilities": ["oob"]}})"});
    BOOST_TEST(!client.core().is_negotiated());
    BOOST_TEST(client.core().wants_input());
}

BOOST_DATA_TEST_CASE(before_the_negotiation_nothing_else_is_executed, data::make(before_negotiation()), sample)
{
    check("", sample);
}

BOOST_AUTO_TEST_CASE(the_negotiation_is_answered_and_reported)
{
    served_client client("");
    client.says(R"({"execute":"qmp_capabilities","id":"a"})");
    BOOST_TEST(client.hears() == lines{R"({"return": {}, "id": "a"})"});
    BOOST_TEST(client.negotiations() == 1);
    BOOST_TEST(client.core().is_negotiated());
    BOOST_TEST(!client.core().has_enabled("oob"));
}

BOOST_DATA_TEST_CASE(a_refused_negotiation_can_be_tried_again, data::make(refused_negotiations()), sample)
{
    served_client client("");
    client.says(R"({"execute":"qmp_capabilities","arguments":)" + sample.says + "}");
    BOOST_TEST(summaries(client.hears()) == sample.hears, boost::test_tools::per_element());
    BOOST_TEST(client.negotiations() == 0);
    BOOST_TEST(!client.core().is_negotiated());
    BOOST_TEST(!client.core().has_enabled("oob"));
    client.says(negotiation_out_of_band);
    BOOST_TEST(client.hears() == lines{R"({"return": {}})"});
    BOOST_TEST(client.core().has_enabled("oob"));
}

BOOST_AUTO_TEST_CASE(a_capability_may_be_enabled_twice_at_once)
{
    served_client client("");
    client.says(R"({"execute":"qmp_capabilities","arguments":{"enable":["oob","oob"]}})");
    BOOST_TEST(client.core().has_enabled("oob"));
}

BOOST_AUTO_TEST_CASE(a_capability_that_was_not_offered_is_not_available)
{
    server_dialogue_options options = like_qemu();
    options.greeting.capabilities = {};
    served_client client("", options);
    client.says(negotiation_out_of_band);
    BOOST_TEST(summaries(client.hears()) == lines{"GenericError: Capability oob not available"});
    client.says(R"({"execute":"qmp_capabilities","arguments":{"enable":["oob","oob"]}})");
    BOOST_TEST(summaries(client.hears()) == lines{"GenericError: Capability oob, oob not available"});
    client.says(R"({"execute":"qmp_capabilities","arguments":{"enable":[]}})");
    BOOST_TEST(client.core().is_negotiated());
}

BOOST_AUTO_TEST_CASE(a_capability_that_qemu_does_not_have_can_be_offered)
{
    server_dialogue_options options = like_qemu();
    options.greeting.capabilities = {"__org.coqmp_x"};
    served_client client("", options);
    client.says(R"({"execute":"qmp_capabilities","arguments":{"enable":["__org.coqmp_x"]}})");
    BOOST_TEST(client.core().has_enabled("__org.coqmp_x"));
    client.says(R"({"exec-oob":"x"})");
    BOOST_TEST(client.asked_names().empty());
}

BOOST_DATA_TEST_CASE(what_is_not_a_command_is_refused, data::make(not_commands()), sample)
{
    check(negotiation_in_band, sample);
    check(negotiation_out_of_band, sample);
}

BOOST_DATA_TEST_CASE(what_is_not_an_out_of_band_command_is_refused, data::make(malformed_with_oob()), sample)
{
    check(negotiation_out_of_band, sample);
}

BOOST_AUTO_TEST_CASE(an_out_of_band_command_is_unexpected_unless_oob_is_enabled)
{
    check(negotiation_in_band, {R"({"exec-oob":"x","id":1})", {"1 GenericError: QMP input member 'exec-oob' is unexpected"}});
}

BOOST_AUTO_TEST_CASE(a_command_is_given_to_the_caller)
{
    served_client client(negotiation_in_band);
    client.says("{\"id\":1, 'arguments':{\"a\":[1,\"b\"]},\r\n\"execute\":\"query-status\"}\r\n");
    BOOST_TEST_REQUIRE(client.asked_names() == "query-status ");
    BOOST_TEST((client.asked(0).command.arguments == json::object{{"a", json::array{1, "b"}}}));
    BOOST_TEST(client.hears().empty());
    BOOST_TEST(client.answer(0, json::object{{"running", true}}));
    BOOST_TEST(client.hears() == lines{R"({"return": {"running": true}, "id": 1})"});
}

BOOST_AUTO_TEST_CASE(a_command_is_failed_by_the_caller)
{
    served_client client(negotiation_in_band);
    client.says(R"({"execute":"no-such","id":[]})");
    BOOST_TEST(client.fail(0, unknown_command("no-such")));
    BOOST_TEST(client.hears() ==
               lines{R"({"id": [], "error": {"class": "CommandNotFound", "desc": "The command no-such has not been found"}})"});
}

BOOST_AUTO_TEST_CASE(an_answer_may_be_text_already)
{
    served_client client(negotiation_in_band);
    client.says(R"({"execute":"query-qmp-schema","id":7})");
    BOOST_TEST(client.core().answer_text(client.asked(0).ticket, R"([{"name":"x"}])"));
    BOOST_TEST(client.hears() == lines{R"({"return": [{"name":"x"}], "id": 7})"});
}

BOOST_AUTO_TEST_CASE(a_command_is_answered_once)
{
    served_client client(negotiation_in_band);
    client.says(R"({"execute":"x"})");
    BOOST_TEST(client.answer(0, 1));
    BOOST_TEST(!client.answer(0, 2));
    BOOST_TEST(!client.fail(0, {"GenericError", "late"}));
    BOOST_TEST(client.hears() == lines{R"({"return": 1})"});
}

BOOST_AUTO_TEST_CASE(a_ticket_that_was_never_given_out_answers_nothing)
{
    served_client client(negotiation_out_of_band);
    BOOST_TEST(!client.core().answer(ticket{}, 1));
    client.says("[]");
    BOOST_TEST(!client.core().answer(ticket{}, 1));
    BOOST_TEST(!client.core().fail(ticket{1}, {"GenericError", ""}));
    BOOST_TEST(client.hears().size() == 1U);
}

BOOST_DATA_TEST_CASE(an_id_comes_back_byte_for_byte,
                     data::make({"1", "-0", "18446744073709551615", "9007199254740993", "1e400", "1.50", "null", "\"\"",
                                 "\"\\u00e4\\/\"", "{\"b\": 1,\"a\":[ ]}", "[-1e400]"}),
                     id)
{
    served_client client(negotiation_in_band);
    client.says(std::string(R"({"execute":"x","id":)") + id + "}");
    client.answer(0, json::object());
    client.says(std::string(R"({"execute":"x","id":)") + id + "}");
    client.fail(1, {"GenericError", ""});
    BOOST_TEST(
        (client.hears() == lines{std::string(R"({"return": {}, "id": )") + id + "}",
                                 std::string(R"({"id": )") + id + R"(, "error": {"class": "GenericError", "desc": ""}})"}));
}

BOOST_AUTO_TEST_CASE(a_command_without_an_id_gets_an_answer_without_an_id)
{
    served_client client(negotiation_in_band);
    client.says(R"({"execute":"x","arguments":{"id":1}})");
    client.answer(0, json::object());
    BOOST_TEST(client.hears() == lines{R"({"return": {}})"});
}

BOOST_AUTO_TEST_CASE(garbage_in_any_place_disturbs_no_later_command)
{
    served_client client(negotiation_in_band);
    std::string const command = R"({"execute":"query-status","arguments":{"a":"b"},"id":1})";
    for (std::size_t at = 0; at < command.size(); ++at) {
        client.says(command.substr(0, at) + "\xff");
        client.hears();
        client.says(R"({"execute":"next","id":2})");
        BOOST_TEST_REQUIRE(client.answer(at, json::object()));
        BOOST_TEST(client.hears() == lines{R"({"return": {}, "id": 2})"});
    }
}

BOOST_DATA_TEST_CASE(the_memory_of_large_messages_is_not_kept, data::make({"\"}", "\" 1}", "\",\xff"}), end)
{
    std::string const large = R"({"id":")" + std::string(100'000, 'b') + end;
    server_dialogue core(like_qemu());
    core.sent(core.output().size());
    std::size_t const before = test::allocated_bytes();
    std::string_view input = large;
    while (!input.empty())
        core.receive(input);
    BOOST_TEST(core.waiting_bytes() > 50U);
    core.sent(core.output().size());
    BOOST_TEST(core.waiting_bytes() == 0U);
    if (test::memory_can_be_measured)
        BOOST_TEST(test::allocated_bytes() < before + 50'000U);
}

BOOST_AUTO_TEST_SUITE_END()
