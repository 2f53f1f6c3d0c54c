// One table says whether a character may reach a terminal: for texts, for JSON and for typed lines.
#include "language/read/unicode.hpp"

#include "language/print.hpp"
#include "language/read/unprintable.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>

namespace json = boost::json;
using namespace qmp_shell;

namespace {

std::string encoded(std::uint32_t point)
{
    auto const byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (point < 0x80)
        return {byte(point)};
    if (point < 0x800)
        return {byte(0xc0U | (point >> 6U)), byte(0x80U | (point & 0x3fU))};
    if (point < 0x10000)
        return {byte(0xe0U | (point >> 12U)), byte(0x80U | ((point >> 6U) & 0x3fU)), byte(0x80U | (point & 0x3fU))};
    return {byte(0xf0U | (point >> 18U)), byte(0x80U | ((point >> 12U) & 0x3fU)), byte(0x80U | ((point >> 6U) & 0x3fU)),
            byte(0x80U | (point & 0x3fU))};
}

bool is_surrogate(std::uint32_t point)
{
    return point >= 0xd800 && point < 0xe000;
}

}  // namespace

namespace {

bool is_refused(word const& typed)
try {
    check_printable(typed);
    return false;
} catch (mistake const&) {
    return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unicode_suite)

BOOST_AUTO_TEST_CASE(texts_and_json_agree_on_what_a_terminal_may_have)
{
    std::uint32_t differing = 0;
    for (std::uint32_t point = 0x20; point <= 0x10ffff && differing == 0; ++point) {
        std::string const text = 'a' + encoded(point) + 'b';
        bool const kept = harmless(text) == text;
        bool const printed = print(json::value(text), {}).find(encoded(point)) != std::string::npos;
        if (!is_surrogate(point) && kept != printed)
            differing = point;
    }
    BOOST_TEST(differing == 0U);
}

BOOST_AUTO_TEST_CASE(json_is_the_same_value_whatever_is_escaped)
{
    std::uint32_t differing = 0;
    for (std::uint32_t point = 0; point <= 0x10ffff && differing == 0; ++point) {
        json::value const text(encoded(point));
        if (!is_surrogate(point) && (find_odd_character(point) != nullptr) && json::parse(print(text, {})) != text)
            differing = point;
    }
    BOOST_TEST(differing == 0U);
}

BOOST_AUTO_TEST_CASE(no_name_is_typed_with_a_character_that_a_terminal_may_not_have)
{
    std::uint32_t differing = 0;
    for (std::uint32_t point = 0; point <= 0x10ffff && differing == 0; ++point) {
        word const typed{'a' + encoded(point) + 'b', {}};
        if (!is_surrogate(point) && !may_be_shown(point) && !is_refused(typed))
            differing = point;
    }
    BOOST_TEST(differing == 0U);
}

BOOST_AUTO_TEST_CASE(marks_without_a_width_and_marks_of_direction_are_not_shown)
{
    for (std::uint32_t const point : {0x00U, 0x1bU, 0x7fU, 0x9bU, 0xadU, 0x61cU, 0x180eU, 0x200bU, 0x200fU, 0x2028U, 0x202eU,
                                      0x2066U, 0xfeffU, 0xfff9U, 0xe0041U}) {
        BOOST_TEST(harmless('a' + encoded(point) + 'b') == "ab");
        BOOST_TEST(!may_be_shown(point));
    }
}

BOOST_AUTO_TEST_CASE(what_people_write_is_shown)
{
    std::string const text =
        "gr\xc3\xbc\xc3\x9f"
        "e \xe2\x82\xac \xf0\x9f\x98\x80 \xe6\x97\xa5\xe6\x9c\xac e\xcc\x81 \xc2\xa0\xe3\x80\x80.";
    BOOST_TEST(harmless(text) == text);
    BOOST_TEST(in_one_line(text) == text);
}

BOOST_AUTO_TEST_CASE(a_name_of_many_lines_is_one_line)
{
    BOOST_TEST(in_one_line(" a\n(QEMU)\tb\r\n") == "a (QEMU) b");
    BOOST_TEST(in_one_line("\xe2\x80\x8b\x1b").empty());
}

BOOST_AUTO_TEST_SUITE_END()
