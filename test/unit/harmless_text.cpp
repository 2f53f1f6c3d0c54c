// Foreign text in our messages cannot control a terminal or corrupt a log.
#include "detail/harmless_text.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using coqmp::detail::harmless;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(harmless_text)

BOOST_AUTO_TEST_CASE(text_stays_as_it_is)
{
    for (std::string const text : {"", "one\n\ttwo", "C:\\new", "Größe 漢字 \U0001f600"})
        BOOST_TEST(harmless(text) == text);
}

BOOST_AUTO_TEST_CASE(control_characters_are_escaped)
{
    BOOST_TEST(harmless("\x1b[31mred\x07 \x7f"s) == R"(\x1b[31mred\x07 \x7f)");
    BOOST_TEST(harmless("a\0b"s) == R"(a\x00b)");
    BOOST_TEST(harmless("\xc2\x9b"
                        "31m") == R"(\x9b31m)");
}

BOOST_AUTO_TEST_CASE(carriage_return_is_part_of_a_line_end_or_escaped)
{
    BOOST_TEST(harmless("one\r\ntwo\rthree\r") == "one\ntwo\\x0dthree\\x0d");
}

BOOST_AUTO_TEST_CASE(characters_that_change_the_direction_or_cannot_be_seen_are_escaped)
{
    BOOST_TEST(harmless("\u202e\u2066\u200f\u061c") == R"(\u202e\u2066\u200f\u061c)");
    BOOST_TEST(harmless("\u200b\ufeff\u2028\U000e0041") == R"(\u200b\ufeff\u2028\U000e0041)");
    BOOST_TEST(harmless("\u3164\u115f\uffa0\u034f\U000e0100") == R"(\u3164\u115f\uffa0\u034f\U000e0100)");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_escaped_one_by_one)
{
    BOOST_TEST(harmless("\x9b"
                        "31m") == R"(\x9b31m)");
    BOOST_TEST(harmless("\xe2\x82") == R"(\xe2\x82)");          // truncated
    BOOST_TEST(harmless("\xc0\x9b") == R"(\xc0\x9b)");          // an overlong encoding
    BOOST_TEST(harmless("\xed\xa0\x80") == R"(\xed\xa0\x80)");  // half of a surrogate pair
    BOOST_TEST(harmless("\xf5\x80\x80\x80") == R"(\xf5\x80\x80\x80)");
    BOOST_TEST(harmless("\xe2\x1b[m") == R"(\xe2\x1b[m)");
}

BOOST_AUTO_TEST_SUITE_END()
