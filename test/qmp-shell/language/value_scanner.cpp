// Parts of values in braces: whole ones, and ones that are still being typed. Where the lexer ends a value, the scanner ends it, too.
#include "language/read/value_scanner.hpp"

#include "statements.hpp"

#include "language/read/lexer.hpp"
#include "language/read/literal.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace data = boost::unit_test::data;
using namespace qmp_shell;
using namespace qmp_shell::test;

namespace {

std::string_view name_of(value_part::kind what)
{
    using kind = value_part::kind;
    switch (what) {
        case kind::object:
            return "object";
        case kind::array:
            return "array";
        case kind::close:
            return "close";
        case kind::name:
            return "name";
        case kind::quoted:
            return "quoted";
        case kind::word:
            return "word";
        case kind::unfinished_name:
            return "unfinished-name";
        case kind::unfinished_value:
            return "unfinished-value";
        case kind::end:
            break;
    }
    return "end";
}

/// `object@0 name@1(a) word@6`, and where it is refused: `^7`. In parentheses: what a name says, the number of an item.
std::string parts_of(std::string_view text, notation allowed, value_scanner::extent given)
{
    std::string result;
    try {
        value_scanner parts(text, allowed, given);
        for (value_part part = parts.next(); part.what != value_part::kind::end; part = parts.next()) {
            result.append(name_of(part.what)).append("@").append(std::to_string(part.begin));
            result += part.key ? '(' + *part.key + ") " : " ";
            if (part.what == value_part::kind::unfinished_name || part.what == value_part::kind::unfinished_value)
                break;
        }
    } catch (literal_error const& error) {
        result += '^' + std::to_string(error.offset);
    }
    return result.substr(0, result.find_last_not_of(' ') + 1);
}

std::vector<sample> whole_values()
{
    return {{"1", "word@0"},
            {"'a b'", "quoted@0"},
            {"{}", "object@0 close@1"},
            {"[]", "array@0 close@1"},
            {R"({"a": 1})", "object@0 name@1(a) word@6 close@7"},
            {R"({'\u0061': "b"})", "object@0 name@1(a) quoted@11 close@14"},
            {"[1, [x], 'c']", "array@0 word@1(0) array@4(1) word@5(0) close@6 quoted@9(2) close@12"},
            {"(1, {})", "array@0 word@1(0) object@4(1) close@5 close@6"},
            {"[1, # one\n2]", "array@0 word@1(0) word@10(1) close@11"},
            {"[a#b]", "array@0 word@1(0) close@4"},
            {R"({"": 1, })", "object@0 name@1() word@5 close@8"},
            {"{", "object@0 ^1"},
            {R"({"a")", "object@0 name@1(a) ^4"},
            {R"({"a":)", "object@0 name@1(a) ^5"},
            {R"({"a": 1)", "object@0 name@1(a) word@6 ^7"},
            {"{a: 1}", "object@0 ^1"},
            {"[1 2]", "array@0 word@1(0) ^3"},
            {"[1}", "array@0 word@1(0) ^2"},
            {"[, 1]", "array@0 ^1"},
            {"[1] 2", "array@0 word@1(0) close@2 ^4"},
            {"['a", "array@0 ^1"}};
}

std::vector<sample> beginnings()
{
    return {{"{", "object@0 unfinished-name@1"},
            {R"({"dr)", "object@0 unfinished-name@1"},
            {"{dr", "object@0 unfinished-name@1"},
            {R"({"a")", "object@0 name@1(a)"},
            {R"({"a": )", "object@0 name@1(a) unfinished-value@6"},
            {R"({"a": 'b)", "object@0 name@1(a) unfinished-value@6"},
            {R"({"a": tr)", "object@0 name@1(a) unfinished-value@6"},
            {R"({"a": 1 )", "object@0 name@1(a) word@6"},
            {R"({"a": 1, )", "object@0 name@1(a) word@6 unfinished-name@9"},
            {"[1, ", "array@0 word@1(0) unfinished-value@4(1)"},
            {"[{'a': [", "array@0 object@1(0) name@2(a) array@7 unfinished-value@8(0)"},
            {"[1]", "array@0 word@1(0) close@2"},
            {"{{", "object@0 ^1"},
            {R"({"a" 'b)", "object@0 name@1(a) ^5"}};
}

std::vector<std::string> values_in_a_line()
{
    return {"{}", "[1, 2]", "{'a': {'b': [1, {\"c\": \"}\"}]}}", "['#', \"]\", '\\']']", "[(1, 2), ()]", "{\"a\": [ ] }"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(value_scanner_suite)

BOOST_DATA_TEST_CASE(of_a_whole_value_each_part_is_reported, data::make(whole_values()), typed)
{
    BOOST_TEST(parts_of(typed.typed, notation::python, value_scanner::extent::whole) == typed.meaning);
}

BOOST_DATA_TEST_CASE(of_the_beginning_of_a_value_what_is_unfinished_is_reported, data::make(beginnings()), typed)
{
    BOOST_TEST(parts_of(typed.typed, notation::python, value_scanner::extent::beginning) == typed.meaning);
}

BOOST_AUTO_TEST_CASE(json_has_neither_single_quotes_nor_tuples_nor_a_comma_at_the_end)
{
    auto const in_json = [](std::string_view text) { return parts_of(text, notation::json, value_scanner::extent::whole); };
    BOOST_TEST(in_json("['a']") == "array@0 ^1");
    BOOST_TEST(in_json("{'a': 1}") == "object@0 ^1");
    BOOST_TEST(in_json("(1)") == "^0");
    BOOST_TEST(in_json("[1, ]") == "array@0 word@1(0) ^4");
    BOOST_TEST(in_json(R"({"a": 1, })") == "object@0 name@1(a) word@6 ^9");
}

BOOST_DATA_TEST_CASE(no_beginning_of_a_good_value_is_refused, data::make(values_in_a_line()), text)
{
    for (std::size_t length = 1; length <= text.size(); ++length)
        BOOST_TEST(parts_of(text.substr(0, length), notation::python, value_scanner::extent::beginning).find('^') ==
                   std::string::npos);
}

BOOST_DATA_TEST_CASE(lexer_and_reader_end_a_value_at_the_same_bracket, data::make(values_in_a_line()), text)
{
    for (std::size_t length = 1; length < text.size(); ++length) {
        lexer reader;
        BOOST_TEST((reader.feed("x a=" + text.substr(0, length)) != ending::complete));
    }
    lexer reader;
    BOOST_TEST((reader.feed("x a=" + text + " b=1") == ending::complete));
    BOOST_TEST_REQUIRE(reader.words().size() == 3U);
    BOOST_TEST(reader.words()[1].text == "a=" + text);
    BOOST_CHECK_NO_THROW((void)read_literal(text, notation::python));
}

BOOST_AUTO_TEST_SUITE_END()
