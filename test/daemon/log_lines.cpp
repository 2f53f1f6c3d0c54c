// How the lines of the log look, and what decides about it.
#include "daemon/log/log_record.hpp"
#include "daemon/log/log_style.hpp"
#include "daemon/printable_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using namespace coqmp_daemon;
using namespace std::chrono_literals;
using layout = log_style::layout;

namespace {

/// 2021-02-03T04:05:06.007Z
constexpr std::chrono::system_clock::time_point some_time{1612325106007ms};

std::string line(log_style const& style, std::string_view source, std::string_view text,
                 log_priority priority = log_priority::warning)
{
    return format_line({priority, source, text, some_time}, style);
}

constexpr log_style bare{layout::bare, true, false};
constexpr log_style text{layout::text, false, false};
constexpr log_style coloured{layout::text, false, true};
constexpr log_style json{layout::json, false, false};
constexpr log_style json_for_journal{layout::json, true, false};

}  // namespace

BOOST_AUTO_TEST_SUITE(log_lines, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(each_style_has_its_line)
{
    BOOST_TEST(line(bare, "vm1", "It ended.") == "<4>vm1: It ended.\n");
    BOOST_TEST(line(bare, "", "It ended.") == "<4>It ended.\n");
    BOOST_TEST(line(text, "vm1", "It ended.") == "2021-02-03T04:05:06.007Z warning vm1: It ended.\n");
    BOOST_TEST(line(coloured, "vm1", "It ended.") == "2021-02-03T04:05:06.007Z \x1b[33mwarning\x1b[0m vm1: It ended.\n");
    BOOST_TEST(line(coloured, "vm1", "It ended.", log_priority::info) == "2021-02-03T04:05:06.007Z info vm1: It ended.\n");
    BOOST_TEST(line(json, "vm1", "It \"ended\".") ==
               R"({"time":"2021-02-03T04:05:06.007Z","priority":"warning","source":"vm1","message":"It \"ended\"."})"
               "\n");
    BOOST_TEST(line(json_for_journal, "", "It ended.") ==
               R"(<4>{"time":"2021-02-03T04:05:06.007Z","priority":"warning","message":"It ended."})"
               "\n");
}

BOOST_AUTO_TEST_CASE(each_priority_has_the_journals_number)
{
    BOOST_TEST(line(bare, "", "x", log_priority::error) == "<3>x\n");
    BOOST_TEST(line(bare, "", "x", log_priority::notice) == "<5>x\n");
    BOOST_TEST(line(bare, "", "x", log_priority::info) == "<6>x\n");
    BOOST_TEST(line(bare, "", "x", log_priority::debug) == "<7>x\n");
    BOOST_TEST((priority_of(coqmp::log_level::info) == log_priority::info));
    BOOST_TEST((priority_of(coqmp::log_level::warning) == log_priority::warning));
    BOOST_TEST((priority_of(coqmp::log_level::error) == log_priority::error));
}

BOOST_AUTO_TEST_CASE(a_guest_cannot_forge_a_line)
{
    for (log_style const& style : {bare, text, coloured, json, json_for_journal}) {
        std::string const forged = line(style, "vm\n<0>x", "panic\r\n<0>kernel: gone\x1b[2J\xff\xe2\x80\xae");
        BOOST_TEST(std::ranges::count(forged, '\n') == 1);
        BOOST_TEST(forged.find("<0>kernel") != std::string::npos);
        BOOST_TEST(forged.find("\x1b[2J") == std::string::npos);
        BOOST_TEST(forged.find('\xff') == std::string::npos);
        BOOST_TEST(forged.find('\r') == std::string::npos);
        BOOST_TEST(forged.find("\xe2\x80\xae") == std::string::npos);
    }
    BOOST_TEST(line(bare, "vm\n1", "a\x1b[2J\n<0>b") == "<4>vm\\n1: a\\x1b[2J\\n<0>b\n");
}

BOOST_AUTO_TEST_CASE(a_line_is_never_longer_than_a_pipe_takes_at_once)
{
    std::vector<std::string> const texts{std::string(1'000'000, 'x'), std::string(1'000'000, '"'), std::string(1'000'000, '\\'),
                                         std::string(1'000'000, '\n'), std::string(1'000'000, '\xff')};
    for (log_style const& style : {bare, text, coloured, json, json_for_journal}) {
        for (std::string const& each : texts) {
            std::string const whole = line(style, each, each);
            BOOST_TEST(whole.size() <= longest_log_line);
            BOOST_TEST(whole.size() > 1000U);
            BOOST_TEST(whole.find("...") != std::string::npos);
            BOOST_TEST(whole.ends_with('\n'));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_line_in_json_can_be_parsed_whatever_it_contains)
{
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte)
        every_byte += static_cast<char>(byte);
    boost::system::error_code error;
    boost::json::value const parsed = boost::json::parse(line(json, every_byte, every_byte), error);
    BOOST_TEST(!error);
    BOOST_TEST(std::string(parsed.at("message").as_string()) == printable(every_byte));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(log_styles, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_style_follows_the_surroundings_and_the_user)
{
    struct situation
    {
        log_format format;
        log_surroundings surroundings;
        log_style expected;
    };
    log_surroundings const journal{true, false, false};
    log_surroundings const terminal{false, true, false};
    log_surroundings const plain_terminal{false, true, true};
    log_surroundings const file{false, false, false};
    for (situation const& each : std::vector<situation>{{log_format::automatic, journal, bare},
                                                        {log_format::automatic, terminal, coloured},
                                                        {log_format::automatic, plain_terminal, text},
                                                        {log_format::automatic, file, text},
                                                        {log_format::text, journal, text},
                                                        {log_format::text, terminal, coloured},
                                                        {log_format::json, journal, json_for_journal},
                                                        {log_format::json, terminal, json},
                                                        {log_format::json, file, json}})
        BOOST_TEST((choose_style(each.format, each.surroundings) == each.expected));
}

BOOST_AUTO_TEST_CASE(the_journal_is_the_stream_with_the_announced_device_and_inode)
{
    struct ::stat facts = {};
    facts.st_dev = 9;
    facts.st_ino = 12345678901;
    BOOST_TEST(is_journal_stream("9:12345678901", facts));
    for (char const* const other : {"9:12345678902", "8:12345678901", "9:12345678901x", "9:12345678901:", "9", "9:", ":1", "",
                                    "x:y", "-9:12345678901", " 9:12345678901", "99999999999999999999:1"})
        BOOST_TEST(!is_journal_stream(other, facts));
    BOOST_TEST(!is_journal_stream(nullptr, facts));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(printable_texts, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(what_controls_a_terminal_or_is_invisible_is_escaped)
{
    BOOST_TEST(printable("a\nb\tc\rd") == "a\\nb\\tc\\x0dd");
    BOOST_TEST(printable("\x1b[31m\x07\x7f") == "\\x1b[31m\\x07\\x7f");
    BOOST_TEST(printable("\xc2\x9b") == "\\x9b");  // a control character of its own, in UTF-8
    BOOST_TEST(printable("\xe2\x80\xae\xef\xbb\xbf") == "\\u202e\\ufeff");
    BOOST_TEST(printable("\xf3\xa0\x80\x81") == "\\U000e0001");
    BOOST_TEST(printable("gr\xc3\xbc\xc3\x9f \\ \xf0\x9f\x98\x80") == "gr\xc3\xbc\xc3\x9f \\ \xf0\x9f\x98\x80");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_escaped)
{
    BOOST_TEST(printable("\xff\xc3") == "\\xff\\xc3");
    BOOST_TEST(printable("\xc0\x80") == "\\xc0\\x80");                    // too long
    BOOST_TEST(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
    BOOST_TEST(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond Unicode
    BOOST_TEST(printable("\xe2\x82x") == "\\xe2\\x82x");                  // cut off
}

BOOST_AUTO_TEST_CASE(a_long_text_is_cut_between_characters)
{
    BOOST_TEST(printable("abcdef", 6) == "abcdef");
    BOOST_TEST(printable("abcdefg", 6) == "abc...");
    BOOST_TEST(printable("\n\n\n\n", 6) == "\\n...");
    BOOST_TEST(printable("a\xe2\x82\xac\xe2\x82\xac", 6) == "a...");
    BOOST_TEST(printable("abcd", 3) == "...");
}

BOOST_AUTO_TEST_CASE(a_word_for_a_shell_is_quoted_if_it_needs_to_be)
{
    BOOST_TEST(quoted_for_shell("/etc/coqmp/vm-1.toml") == "/etc/coqmp/vm-1.toml");
    BOOST_TEST(quoted_for_shell("a b") == "'a b'");
    BOOST_TEST(quoted_for_shell("it's") == "'it'\\''s'");
    BOOST_TEST(quoted_for_shell("") == "''");
    BOOST_TEST(quoted_for_shell("$x") == "'$x'");
}

BOOST_AUTO_TEST_SUITE_END()
