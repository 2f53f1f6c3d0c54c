// Messages that can be passed on as they are: which ones, and what is read of them.
#include "protocol/plain_message.hpp"
#include "protocol/decoder.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace data = boost::unit_test::data;
using namespace coqmp::protocol;

namespace {

std::string line(std::string_view text)
{
    return std::string(text) + "\r\n";
}

/// The value of a reply that is passed on; "-" for one that a decoder must read.
std::string value_of(std::string_view text)
{
    std::string const input = line(text);
    plain_message const found = find_plain_message(input);
    auto const* const reply = std::get_if<plain_reply>(&found.what);
    return reply != nullptr ? std::string(reply->value) : "-";
}

bool is_event(std::string_view text)
{
    std::string const input = line(text);
    return std::holds_alternative<plain_event>(find_plain_message(input).what);
}

std::string nested(std::size_t levels)
{
    return std::string(levels, '[') + std::string(levels, ']');
}

std::string reply_with(std::string_view value)
{
    return R"({"return": )" + std::string(value) + R"(, "id": 5})";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_reply)

BOOST_AUTO_TEST_CASE(is_read_with_its_id)
{
    std::string const input = line(R"({"return": {"running": true}, "id": 18446744073709551615})") + "more";
    plain_message const found = find_plain_message(input);
    BOOST_TEST(found.size == input.size() - 4);
    auto const& reply = std::get<plain_reply>(found.what);
    BOOST_TEST(reply.id == 18446744073709551615U);
    BOOST_TEST(reply.value == R"({"running": true})");
}

constexpr std::string_view values[] = {
    "{}", "[]", "5", "-1.5e3", "true", "null", R"("")", R"("a\"b\\")", R"([{"a": [1, "}"]}, {}])", R"({"a": ", \"id\": 7}"})",
};

BOOST_DATA_TEST_CASE(without_an_id_is_passed_on, data::make(values), value)
{
    std::string const input = line(R"({"return": )" + std::string(value) + "}");
    plain_message const found = find_plain_message(input);
    auto const& reply = std::get<plain_reply>(found.what);
    BOOST_TEST(reply.id == 0);
    BOOST_TEST(reply.value == value);
}

BOOST_AUTO_TEST_CASE(may_follow_the_line_end_of_the_message_before)
{
    std::string const input = "\r\n" + line(R"({"return": {}, "id": 1})");
    plain_message const found = find_plain_message(input);
    BOOST_TEST(found.size == input.size());
    BOOST_TEST(std::get<plain_reply>(found.what).value == "{}");
}

BOOST_DATA_TEST_CASE(is_passed_on, data::make(values), value)
{
    BOOST_TEST(value_of(reply_with(value)) == value);
}

BOOST_AUTO_TEST_CASE(has_at_most_64_levels)
{
    BOOST_TEST(value_of(reply_with(nested(64))) == nested(64));
    BOOST_TEST(value_of(reply_with(nested(65))) == "-");
}

constexpr std::string_view others[] = {
    R"({"return": {}, "id": 0})",       // an id that we never send
    R"({"id": 5, "return": {}})",       // in another order
    R"({"return":{},"id":5})",          // without spaces
    R"({"return": {}, "id": "five"})",  // the handshake's
    R"({"return": {}, "id": -5})",      //
    R"({"return": {}, "id": 5.0})",     //
    R"({"return": {}, "id": 5} )",      //
    R"({"return": {}, "id": 18446744073709551616})",
    R"({"return": {}, "more": 1, "id": 5})",  // with another member
    R"({"return": , "id": 5})",               //
    R"({"return": {, "id": 5})",              // brackets that stay open
    R"({"return": {}}, "id": 5})",            //
    R"({"return": [}, "id": 5})",             //
    R"({"return": {"a": "}, "id": 5})",       // a string that stays open
    R"({"return": "\", "id": 5})",            //
    R"({"return": {\}, "id": 5})",            //
    "{\"return\": \"\xc3\xa4\", \"id\": 5}",  // not ASCII
    "{\"return\": [1,\t2], \"id\": 5}",       //
    R"({"error": {"class": "GenericError", "desc": ""}, "id": 5})",
    R"({"QMP": {}})",
    "",
    "garbage",
};

BOOST_DATA_TEST_CASE(of_another_form_is_left_to_a_decoder, data::make(others), text)
{
    BOOST_TEST(value_of(text) == "-");
    BOOST_TEST(!is_event(text));
}

BOOST_AUTO_TEST_CASE(that_is_incomplete_is_left_to_a_decoder)
{
    std::string const whole = line(reply_with(R"({"a": "b"})"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        plain_message const found = find_plain_message(std::string_view(whole).substr(0, size));
        BOOST_TEST(std::holds_alternative<std::monostate>(found.what));
    }
    plain_message const without_return = find_plain_message(reply_with("{}") + "\n");
    BOOST_TEST(std::holds_alternative<std::monostate>(without_return.what));
}

/// What is passed on must be what a decoder reads.
BOOST_DATA_TEST_CASE(has_the_value_that_a_decoder_reads, data::make(values), value)
{
    std::string const text = line(reply_with(value));
    std::string_view input = text;
    message const decoded = decoder().decode(input);
    BOOST_TEST(boost::json::serialize(std::get<return_message>(decoded).value) ==
               boost::json::serialize(boost::json::parse(value_of(reply_with(value)))));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_event)

BOOST_AUTO_TEST_CASE(is_read_with_its_name_and_time)
{
    std::string const text =
        line(R"({"timestamp": {"seconds": 1781234567, "microseconds": 12}, "event": "RESET", "data": {"guest": true}})");
    std::string const input = "\r\n" + text + "{";
    plain_message const found = find_plain_message(input);
    BOOST_TEST(found.size == input.size() - 1);
    auto const& event = std::get<plain_event>(found.what);
    BOOST_TEST(event.name == "RESET");
    BOOST_TEST(event.seconds == 1781234567);
    BOOST_TEST(event.microseconds == 12);
    BOOST_TEST(event.text == text);
}

BOOST_AUTO_TEST_CASE(needs_no_data_and_no_clock)
{
    std::string const text = line(R"({"timestamp": {"seconds": -1, "microseconds": -1}, "event": "STOP"})");
    auto const event = std::get<plain_event>(find_plain_message(text).what);
    BOOST_TEST(event.name == "STOP");
    BOOST_TEST(event.seconds == -1);
}

constexpr std::string_view other_events[] = {
    R"({"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 2}})",
    R"({"timestamp": {"seconds": 1}, "event": "STOP"})",
    R"({"timestamp": {"seconds": 1.5, "microseconds": 2}, "event": "STOP"})",
    R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "ST\u004fP"})",
    R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP)",
    R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"},)",
    R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP", "more": {}})",
    R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP", "data": {})",
    R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP", "data": {}}})",
    R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": 5})",
};

BOOST_DATA_TEST_CASE(of_another_form_is_left_to_a_decoder, data::make(other_events), text)
{
    BOOST_TEST(!is_event(text));
}

BOOST_AUTO_TEST_SUITE_END()
