// Words, lines and columns, and texts that are made safe for a terminal.
#include "language/read/unicode.hpp"
#include "terminal/columns.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace qmp_shell;

namespace {

using words = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(what_steers_a_terminal_is_taken_out)
{
    BOOST_TEST(harmless("a\x1B[31mb\r\n\tc\x07\x7F") == "a[31mb\n\tc");
    BOOST_TEST(harmless("\xC2\x9B"
                        "31m") == "31m");  // a control character of its own, in UTF-8
    BOOST_TEST(harmless("x\x9B"
                        "31m") ==
               "x\xEF\xBF\xBD"
               "31m");
    BOOST_TEST(harmless("\xE2\x80\xAE"
                        "abc") == "abc");  // would be shown backwards
    BOOST_TEST(harmless("gr\xC3\xBC\xC3\x9F"
                        "e \xE2\x82\xAC \xF0\x9F\x98\x80") ==
               "gr\xC3\xBC\xC3\x9F"
               "e \xE2\x82\xAC \xF0\x9F\x98\x80");
    BOOST_TEST(harmless("\xC3") == "\xEF\xBF\xBD");
    BOOST_TEST(harmless("\xED\xA0\x80").find('\xED') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(many_lines_become_one)
{
    BOOST_TEST(in_one_line(" a\r\n\tb\x1B[1mc\n") == "a  b[1mc");
    BOOST_TEST(in_one_line("\n").empty());
}

BOOST_AUTO_TEST_CASE(words_and_lines_are_found)
{
    BOOST_TEST(words_of("  a\tbc  ") == words({"a", "bc"}), boost::test_tools::per_element());
    BOOST_TEST(words_of(" ").empty());
    BOOST_TEST(parts_of("a\n\nb", '\n').size() == 3U);
    BOOST_TEST(parts_of("a\n", '\n').size() == 1U);
    BOOST_TEST(trimmed(" a b \r\n") == "a b");
}

BOOST_AUTO_TEST_CASE(columns_are_not_bytes)
{
    BOOST_TEST(columns_of("abc") == 3U);
    BOOST_TEST(columns_of("a\x01") == 3U);
}

BOOST_AUTO_TEST_CASE(of_a_long_line_what_stands_around_a_column_is_shown)
{
    excerpt const whole = excerpt_at("stop\ta", 5);
    BOOST_TEST(whole.text == "stop a");
    BOOST_TEST(whole.caret == 5U);
    std::string const half(100'000, 'x');
    excerpt const cut = excerpt_at(half + '!' + half, half.size());
    BOOST_TEST(cut.text == "..." + half.substr(0, 120) + '!' + half.substr(0, 79) + "...");
    BOOST_TEST(cut.text[cut.caret] == '!');
    std::string umlauts;
    for (int count = 0; count < 1000; ++count)
        umlauts += "\xC3\xBC";
    excerpt const of_characters = excerpt_at(umlauts, 1000);
    BOOST_TEST(of_characters.text.size() <= 3U + 240U + 160U + 3U);
    BOOST_TEST((of_characters.text.find("\xEF\xBF\xBD") == std::string::npos));  // none is cut into halves
    BOOST_TEST(excerpt_at(std::string(100'000, '\x80'), 50'000).text.size() < 2000U);
    excerpt const behind = excerpt_at("a", 7);
    BOOST_TEST(behind.caret == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
