// JSON and Python's way of writing it: what is a value, what is none, and how deep it may be.
#include "language/read/literal.hpp"

#include "language/print.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace qmp_shell;

namespace {

std::string read(std::string_view text, notation allowed)
try {
    return print(read_literal(text, allowed), {});
} catch (literal_error const& error) {
    return '^' + std::to_string(error.offset);
}

std::vector<std::string> json_texts()
{
    return {"0",    "-0.5",  "1",        "-1",          "1.5", "12345678901234567890", "true", "false",
            "null", R"("")", R"("a b")", R"("\"\\\n")", "[]",  "[1, [2, [3]]]",        "{}",   R"({"a": {"b": [true, null]}})"};
}

std::vector<std::string> python_only()
{
    return {"True", "False", "None", "'a'", "(1, 2)", "[1, ]", "{'a': 1}", "{\"a\": 1, }", "\"\\x41\"", "\"\\'\"", "[()]"};
}

std::vector<std::string> no_values()
{
    return {"",
            " ",
            "a",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "0x10",
            "[",
            "]",
            "{",
            "}",
            "[1",
            "[1 2]",
            "[,]",
            "[1,,2]",
            "{\"a\"}",
            "{\"a\":}",
            "{1:2}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "{,}",
            "\"",
            "\"a",
            "\"\\\"",
            "\"\\u12g4\"",
            "\"\\ud800\"",
            "\"\\q\"",
            "\"\n\"",
            "[1] 2",
            "{} {}",
            "true false",
            "nul",
            "truex",
            "1 2",
            "1e999",
            "99999999999999999999",
            "{\"a\":1,\"a\":2}"};
}

std::string nested(std::size_t levels, std::string const& open, std::string const& close)
{
    std::string result;
    for (std::size_t level = 0; level < levels; ++level)
        result += open;
    for (std::size_t level = 0; level < levels; ++level)
        result += close;
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(literal_suite)

BOOST_DATA_TEST_CASE(json_is_json_in_both_notations, data::make(json_texts()), text)
{
    BOOST_TEST(read(text, notation::json) == text);
    BOOST_TEST(read(text, notation::python) == text);
    BOOST_TEST(read("  " + text + " \n", notation::json) == text);
}

BOOST_DATA_TEST_CASE(what_only_python_says_is_no_json, data::make(python_only()), text)
{
    BOOST_TEST(read(text, notation::json).starts_with('^'));
    BOOST_TEST(!read(text, notation::python).starts_with('^'));
}

BOOST_DATA_TEST_CASE(what_is_no_value_is_refused, data::make(no_values()), text)
{
    BOOST_TEST(read(text, notation::json).starts_with('^'));
    BOOST_TEST(read(text, notation::python).starts_with('^'));
}

BOOST_AUTO_TEST_CASE(numbers_are_exact)
{
    BOOST_TEST(read("9007199254740993", notation::json) == "9007199254740993");
    BOOST_TEST(read("18446744073709551615", notation::json) == "18446744073709551615");
    BOOST_TEST(read("-9223372036854775808", notation::json) == "-9223372036854775808");
    BOOST_TEST(read("0.1", notation::json) == "0.1");
}

BOOST_AUTO_TEST_CASE(it_reads_1024_levels_and_no_more)
{
    BOOST_TEST(!read(nested(1024, "[", "]"), notation::json).starts_with('^'));
    BOOST_TEST(read(nested(1025, "[", "]"), notation::json) == "^1024");
    BOOST_TEST(read(nested(1025, "(", ")"), notation::python) == "^1024");
    BOOST_TEST(read(nested(1'000'000, "[", "]"), notation::json) == "^1024");
    BOOST_TEST(read(std::string(1'000'000, '['), notation::json) == "^1024");
    std::string objects = "1";
    for (int level = 0; level < 1025; ++level)
        objects = "{\"a\":" + objects + '}';
    BOOST_TEST(read(objects, notation::json) == "^5120");
}

BOOST_AUTO_TEST_CASE(a_quoted_text_ends_behind_its_quote)
{
    std::size_t position = 2;
    BOOST_TEST(read_quoted("a=\"b\\\"c\"d", position, notation::json) == "b\"c");
    BOOST_TEST(position == 8U);
}

BOOST_AUTO_TEST_SUITE_END()
