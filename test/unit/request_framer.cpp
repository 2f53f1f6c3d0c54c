// The framer: where messages end, what is malformed, and where the next message begins.
#include "protocol/request_framer.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace data = boost::unit_test::data;
using namespace coqmp::protocol;
using namespace std::string_literals;

namespace {

/// All that the framer finds: texts, and errors with an exclamation mark.
using findings = std::vector<std::string>;

void find(request_framer& framer, std::string_view input, findings& result)
{
    while (!input.empty()) {
        framed_text found = framer.take(input);
        if (auto* complete = std::get_if<complete_text>(&found))
            result.emplace_back(complete->tokens);
        else if (auto* malformed = std::get_if<malformed_text>(&found))
            result.push_back("!" + malformed->why);
    }
}

findings all_of(std::string_view input, framer_limits limits = {})
{
    request_framer framer(limits);
    findings result;
    find(framer, input, result);
    return result;
}

findings byte_by_byte(std::string_view input, framer_limits limits = {})
{
    request_framer framer(limits);
    findings result;
    for (char const& each : input)
        find(framer, std::string_view(&each, 1), result);
    return result;
}

std::string repeated(std::string_view text, std::size_t times)
{
    std::string result;
    for (std::size_t count = 0; count < times; ++count)
        result += text;
    return result;
}

std::string stray(std::string const& text)
{
    return "!JSON parse error, stray '" + text + "'";
}

struct sample
{
    std::string input;
    findings found;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.input;
}

std::vector<sample> messages()
{
    return {
        {"", {}},
        {" \t\r\n", {}},
        {"{}", {"{}"}},
        {"{}{}", {"{}", "{}"}},
        {"\r\n{ }\r\n[]\n", {"{ }", "[]"}},
        {R"({"a":{"b":[1]}})", {R"({"a":{"b":[1]}})"}},
        {"{ \"a\"\r\n\t:  1 }", {"{ \"a\" : 1 }"}},
        {R"({"a":"}\"{ \\"})", {R"({"a":"}\"{ \\"})"}},
        {R"({'a':'}\'{ "'})", {R"({'a':'}\'{ "'})"}},
        {"\"a  b\"", {"\"a  b\""}},
        {"'a'", {"'a'"}},
        {"1 ", {"1"}},
        {"1", {}},
        {"-0.5e+10 ", {"-0.5e+10"}},
        {"true,", {"true", ","}},
        {"1a2 ", {"1", "a", "2"}},
        {"1-2\n", {"1", "-2"}},
        {"0e5 ", {"0", "e", "5"}},
        {"}", {"}"}},
        {"]:,", {"]", ":", ","}},
        {"[}", {"[}"}},
        {"{]", {"{]"}},
        {"[{]", {}},
        {"[{]}", {"[{]}"}},
        {R"({"a":[1})", {}},
        {R"({"a":[1}])", {R"({"a":[1}])"}},
        {"{\"\xff", {stray("\"\xff")}},
        {"\"\xc3\xa4\x80\"", {"\"\xc3\xa4\x80\""}},
    };
}

std::vector<sample> garbage()
{
    return {
        {"\xff", {stray("\xff")}},
        {"\xff\xfe\xff", {stray("\xff"), stray("\xfe"), stray("\xff")}},
        {"\x01\x1b", {stray("\x01"), stray("\x1b")}},
        {"\0"s, {stray("")}},
        {"\"a\0b"s, {stray("\"a")}},
        {"\x80\x80", {stray("\x80")}},
        {"A", {stray("A")}},
        {"ABC DEF", {stray("A")}},
        {"A1 2\"x\"'y'tru-.\x7f\x80\t", {stray("A")}},
        {"A{}", {stray("A"), "{}"}},
        {"A[]", {stray("A"), "[]"}},
        {"A}", {stray("A"), "}"}},
        {"A]", {stray("A"), "]"}},
        {"A,", {stray("A"), ","}},
        {"A:", {stray("A"), ":"}},
        {"A\n1 ", {stray("A"), "1"}},
        {"A\r1 ", {stray("A"), "1"}},
        {"A\t1 \n", {stray("A")}},
        {"A\x02"
         "1 ",
         {stray("A"), stray("\x02")}},
        {"A\xff"
         "1 ",
         {stray("A"), stray("\xff")}},
        {"%d", {stray("%")}},
        {"01", {stray("01")}},
        {"-01", {stray("-01")}},
        {"--", {stray("--")}},
        {"1.x", {stray("1.x")}},
        {"1ex", {stray("1ex")}},
        {"1e+x", {stray("1e+x")}},
        {"1.{}", {stray("1.{"), "}"}},
        {"\"a\n{}", {stray("\"a\n"), "{}"}},
        {"\"a\\\n{}", {stray("\"a\\\n"), "{}"}},
        {"'a\x1f{}", {stray("'a\x1f"), "{}"}},
        {"[1,\"a\xff\"]", {stray("\"a\xff"), "]"}},
        {"{\"a\":{\"b\":[\xff{}", {stray("\xff"), "{}"}},
        {"GET / HTTP/1.1\r\nHost: a\r\n{}", {stray("G"), stray("H"), ":", "a", "{}"}},
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request_framer_suite, *boost::unit_test::timeout(100))

BOOST_DATA_TEST_CASE(a_message_ends_with_its_structure, data::make(messages()), sample)
{
    BOOST_TEST(all_of(sample.input) == sample.found, boost::test_tools::per_element());
    BOOST_TEST(byte_by_byte(sample.input) == sample.found, boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(garbage_is_an_error_and_the_next_message_is_found, data::make(garbage()), sample)
{
    BOOST_TEST(all_of(sample.input) == sample.found, boost::test_tools::per_element());
    BOOST_TEST(byte_by_byte(sample.input) == sample.found, boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(text_that_0xff_interrupts_is_forgotten, data::xrange(256), code)
{
    std::string const before = "{\"a\":[1,\"b" + std::string(1, static_cast<char>(code));
    findings found = all_of(before + "\xff{\"c\":2}");
    BOOST_REQUIRE(!found.empty());
    BOOST_TEST(found.back() == R"({"c":2})");
}

BOOST_AUTO_TEST_CASE(as_many_levels_as_allowed_pass)
{
    std::string const arrays = repeated("[", 1024) + repeated("]", 1024);
    BOOST_TEST(all_of(arrays) == findings{arrays});
    std::string const both = repeated("[{", 512) + repeated("}]", 512);
    BOOST_TEST(all_of(both) == findings{both});
}

BOOST_AUTO_TEST_CASE(one_level_more_drops_what_came_before)
{
    findings expected = {"!JSON nesting depth limit exceeded"};
    expected.insert(expected.end(), 1025, "]");
    BOOST_TEST(all_of(repeated("[", 1025) + repeated("]", 1025)) == expected);
}

BOOST_AUTO_TEST_CASE(as_many_tokens_as_allowed_pass_and_one_more_drops_what_came_before)
{
    framer_limits limits;
    limits.max_tokens = 5;
    BOOST_TEST(all_of("[1,2]", limits) == findings{"[1,2]"});
    BOOST_TEST((all_of("[1,2 ]", limits) == findings{"[1,2 ]"}));
    BOOST_TEST((all_of("[1,2,3]", limits) == findings{"!JSON token count limit exceeded", "]"}));
}

BOOST_AUTO_TEST_CASE(tokens_of_less_than_the_limit_pass_and_others_drop_what_came_before)
{
    framer_limits limits;
    limits.max_token_bytes = 8;
    BOOST_TEST((all_of("[\"abc\"]", limits) == findings{"[\"abc\"]"}));
    BOOST_TEST((all_of("[\"abcd\"]", limits) == findings{"!JSON token size limit exceeded"}));
    BOOST_TEST((all_of("[      1      ]", limits) == findings{"[ 1 ]"}));
    BOOST_TEST((all_of("[\"abcde\"]", limits) == findings{"!JSON token size limit exceeded", "]"}));
}

BOOST_AUTO_TEST_CASE(a_token_that_never_ends_is_dropped_at_the_limit)
{
    framer_limits limits;
    limits.max_token_bytes = 8;
    findings const expected = {"!JSON token size limit exceeded", "!JSON token size limit exceeded"};
    BOOST_TEST((all_of("\"" + std::string(17, 'a'), limits) == expected));
    BOOST_TEST((byte_by_byte("\"" + std::string(17, 'a'), limits) == expected));
    BOOST_TEST((all_of(std::string(18, '1'), limits) == expected));
    BOOST_TEST((all_of("\"" + std::string(8, 'a') + "{}", limits) == findings{"!JSON token size limit exceeded", "{}"}));
}

BOOST_AUTO_TEST_CASE(the_error_of_a_long_text_is_short)
{
    findings const found = all_of("\"" + std::string(100'000, 'a') + "\xff");
    BOOST_TEST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found.front() == stray("\"" + std::string(1022, 'a')));
}

BOOST_AUTO_TEST_CASE(white_space_takes_no_memory)
{
    request_framer framer;
    findings result;
    find(framer, "[" + std::string(1'000'000, ' '), result);
    BOOST_TEST(framer.memory_size() < 1000U);
    find(framer, "]", result);
    BOOST_TEST((result == findings{"[ ]"}));
}

BOOST_AUTO_TEST_CASE(what_is_skipped_takes_no_memory)
{
    request_framer framer;
    findings result;
    find(framer, "A" + std::string(1'000'000, 'b'), result);
    BOOST_TEST(framer.memory_size() < 1000U);
}

BOOST_AUTO_TEST_CASE(the_memory_of_a_large_message_is_freed_when_it_is_released)
{
    request_framer framer;
    findings result;
    find(framer, "\"" + std::string(1'000'000, 'b') + "\"", result);
    BOOST_TEST(framer.memory_size() > 1'000'000U);
    framer.release();
    BOOST_TEST(framer.memory_size() < 1000U);
}

BOOST_AUTO_TEST_CASE(a_message_that_was_not_released_does_not_disturb_the_next_one)
{
    request_framer framer;
    findings result;
    find(framer, "[1]", result);
    find(framer, " [2]", result);
    framer.release();
    find(framer, "[3]", result);
    BOOST_TEST((result == findings{"[1]", "[2]", "[3]"}));
}

BOOST_AUTO_TEST_SUITE_END()
