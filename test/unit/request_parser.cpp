// The parser of a client's messages: values, errors in QEMU's words, and ids as they go into the answers.
#include "protocol/request_parser.hpp"

#include "protocol/ascii_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace coqmp::protocol;

namespace {

struct value_sample
{
    std::string tokens;
    json::value value;
};

struct text_sample
{
    std::string tokens;
    std::string text;
};

template <class Sample>
    requires requires(Sample const& what) { what.tokens; }
std::ostream& operator<<(std::ostream& out, Sample const& what)
{
    return out << what.tokens;
}

std::vector<value_sample> values()
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {
        {"null", nullptr},
        {"true", true},
        {"false", false},
        {"0", 0},
        {"-0", 0},
        {"-1", -1},
        {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
        {"9223372036854775808", std::uint64_t{9223372036854775808U}},
        {"18446744073709551615", std::numeric_limits<std::uint64_t>::max()},
        {"18446744073709551616", 18446744073709551616.0},
        {"-9223372036854775809", -9223372036854775808.0},
        {"1.0", 1.0},
        {"1.50", 1.5},
        {"0.1", 0.1},
        {"-2.5e-3", -0.0025},
        {"1E+2", 100.0},
        {"1e400", infinity},
        {"-1e400", -infinity},
        {"1e99999999999999999999", infinity},
        {"1e-400", 0.0},
        {"1e-99999999999999999999", 0.0},
        {"0.0e400", 0.0},
        {"1" + std::string(400, '0'), infinity},
        {"1" + std::string(400, '0') + "e-400", 1.0},
        {"0." + std::string(400, '0') + "1", 0.0},
        {"0." + std::string(400, '0') + "1e401", 1.0},
        {"0.0" + std::string(400, '0') + "1e1000", infinity},
        {"5" + std::string(400, '0') + "e-1000", 0.0},
        {R"("")", ""},
        {R"("text")", "text"},
        {R"('it\'s "text"')", "it's \"text\""},
        {R"("\"\'\\\/\b\f\n\r\t")", "\"'\\/\b\f\n\r\t"},
        {R"("a\u0000b")", json::string_view("a\0b", 3)},
        {"\"\xc0\x80\"", json::string_view("\0", 1)},
        {"\"\x7f\"", "\x7f"},
        {R"("\u00e4\u20AC\ud83d\udc38")", "ä€🐸"},
        {"\"ä€🐸\"", "ä€🐸"},
        {"[]", json::array()},
        {"[ ]", json::array()},
        {"[1 , \"a\" ,[ ]]", json::array{1, "a", json::array()}},
        {"{}", json::object()},
        {"{ \"a\" : 1 , 'b':{} }", json::object{{"a", 1}, {"b", json::object()}}},
    };
}

std::vector<text_sample> errors()
{
    return {
        {"}", "expecting value"},
        {"]", "expecting value"},
        {",", "expecting value"},
        {":", "expecting value"},
        {"{]", "expecting value"},
        {"[}", "expecting value"},
        {"[{]}", "expecting value"},
        {"{,}", "expecting value"},
        {"[,]", "expecting value"},
        {"[1,]", "expecting value"},
        {R"({"a":})", "expecting value"},
        {R"({"a":1,})", "expecting value"},
        {R"({"a":1,"a":})", "expecting value"},
        {R"({"a"})", "missing : in object pair"},
        {R"({"a" 1})", "missing : in object pair"},
        {R"({"a"])", "missing : in object pair"},
        {R"({"a":1,"a"})", "missing : in object pair"},
        {"{1:2}", "key is not a string in object"},
        {"{null:2}", "key is not a string in object"},
        {"{{}:2}", "key is not a string in object"},
        {"{1}", "key is not a string in object"},
        {R"({"a":1,"a":2})", "duplicate key"},
        {R"({"a":1,"\u0061":2,})", "duplicate key"},
        {R"([{"b":{"a":1,"a":2}}])", "duplicate key"},
        {R"({"a":1 "b":2})", "expected separator in dict"},
        {R"({"a":1])", "expected separator in dict"},
        {"[1 2]", "expected separator in list"},
        {"[1-2]", "expected separator in list"},
        {"[0e5]", "expected separator in list"},
        {"[0x]", "expected separator in list"},
        {"[1}", "expected separator in list"},
        {R"({"a":[1}])", "expected separator in list"},
        {"{[1 2]:1}", "expected separator in list"},
        {"nul", "invalid keyword 'nul'"},
        {"[tru]", "invalid keyword 'tru'"},
        {"{nul:1}", "invalid keyword 'nul'"},
        {std::string(2000, 'z'), "invalid keyword '" + std::string(1006, 'z')},
        {R"("\x")", "invalid escape sequence in string"},
        {R"("\u")", R"(\u" is not a valid Unicode character)"},
        {R"("\u12")", R"(\u12" is not a valid Unicode character)"},
        {R"("\u12g4")", R"(\u12g4 is not a valid Unicode character)"},
        {R"("\u+123")", R"(\u+123 is not a valid Unicode character)"},
        {"\"\\u12\xc3\xa4\"", "\\u12\xc3\xa4 is not a valid Unicode character"},
        {R"("\ud800")", R"(\ud800 is not a valid Unicode character)"},
        {R"("\ud800\u0041")", R"(\ud800 is not a valid Unicode character)"},
        {R"("\ud800\ud800")", R"(\ud800 is not a valid Unicode character)"},
        {R"("\ud800\ue000")", R"(\ud800 is not a valid Unicode character)"},
        {R"("\ud83d\u")", R"(\ud83d is not a valid Unicode character)"},
        {R"("\udc00")", R"(\udc00 is not a valid Unicode character)"},
        {R"("\uffff")", R"(\uffff is not a valid Unicode character)"},
        {R"("\ufdd0")", R"(\ufdd0 is not a valid Unicode character)"},
        {R"("\ud83f\udfff")", R"(\ud83f\udfff is not a valid Unicode character)"},
        {"\"\xc3(\"", "invalid UTF-8 sequence in string"},
        {"\"\x80\"", "invalid UTF-8 sequence in string"},
        {"\"\xc0\x81\"", "invalid UTF-8 sequence in string"},
        {"\"\xed\xa0\x80\"", "invalid UTF-8 sequence in string"},
        {"\"\xef\xbf\xbf\"", "invalid UTF-8 sequence in string"},
        {"\"\xf4\x90\x80\x80\"", "invalid UTF-8 sequence in string"},
        {"\"\xf0\x9f\x90\"", "invalid UTF-8 sequence in string"},
    };
}

std::vector<text_sample> ids()
{
    return {
        {"1", "1"},
        {"18446744073709551615", "18446744073709551615"},
        {"18446744073709551616", "18446744073709551616"},
        {"9007199254740993", "9007199254740993"},
        {"-0", "-0"},
        {"1.50", "1.50"},
        {"1E+2", "1E+2"},
        {"1e400", "1e400"},
        {"[-1e400]", "[-1e400]"},
        {"null", "null"},
        {"true", "true"},
        {R"("")", R"("")"},
        {R"({"b":1, "a":[ ]})", R"({"b":1, "a":[ ]})"},
        {R"("\u00E4\u00e4\/\ud83d\udc38\u001b")", R"("\u00E4\u00e4\/\ud83d\udc38\u001b")"},
        {R"("a\\'b\"")", R"("a\\'b\"")"},
        {"\"\x7f\"", "\"\x7f\""},
        // What is not JSON, or not ASCII.
        {"\"ä🐸\\/\"", R"("\u00E4\uD83D\uDC38/")"},
        {"\"\xc0\x80\"", R"("\u0000")"},
        {R"("a\'b\u00e4")", R"("a'b\u00E4")"},
        {R"('a"b\'c')", R"("a\"b'c")"},
        {R"([1e400, 'a', {"b\u00e4": 'c'}])", R"([1e400, "a", {"b\u00e4": "c"}])"},
    };
}

std::string nested(std::string const& open, std::string const& close, std::size_t levels)
{
    std::string result;
    for (std::size_t level = 0; level < levels; ++level)
        result += open;
    for (std::size_t level = 0; level < levels; ++level)
        result += close;
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request_parser_suite, *boost::unit_test::timeout(100))

BOOST_DATA_TEST_CASE(a_value_is_read_as_by_qemu, data::make(values()), sample)
{
    auto const result = parse_request(sample.tokens);
    auto const* const accepted = std::get_if<parsed_text>(&result);
    BOOST_TEST_REQUIRE((accepted != nullptr));
    BOOST_TEST(accepted->value == sample.value);
    BOOST_TEST((accepted->value.kind() == sample.value.kind()));
    BOOST_TEST(accepted->id.empty());
}

BOOST_DATA_TEST_CASE(the_first_error_is_reported_in_the_words_of_qemu, data::make(errors()), sample)
{
    auto const result = parse_request(sample.tokens);
    auto const* const error = std::get_if<std::string>(&result);
    BOOST_TEST_REQUIRE((error != nullptr));
    BOOST_TEST(*error == "JSON parse error, " + sample.text);
}

BOOST_DATA_TEST_CASE(an_id_is_echoed_as_it_came_unless_it_is_not_json_in_ascii, data::make(ids()), sample)
{
    std::string const whole = R"({"execute":"x","arguments":{"id":0},"id": )" + sample.tokens + R"( ,"x":[{"id":1}]})";
    auto const result = parse_request(whole);
    auto const* const accepted = std::get_if<parsed_text>(&result);
    BOOST_TEST_REQUIRE((accepted != nullptr));
    BOOST_TEST(accepted->id == sample.tokens);
    BOOST_TEST(echoed_id(accepted->id) == sample.text);
}

BOOST_AUTO_TEST_CASE(only_the_outer_object_has_an_id)
{
    for (char const* text : {R"({"a":{"id":1}})", R"([{"id":1}])", R"({"a":[{"id":1}],"Id":2})"})
        BOOST_TEST(std::get<parsed_text>(parse_request(text)).id.empty(), text);
}

BOOST_AUTO_TEST_CASE(the_name_of_the_id_may_have_escapes)
{
    std::string const text = R"({"\u0069d":7})";
    BOOST_TEST(std::get<parsed_text>(parse_request(text)).id == "7");
}

BOOST_AUTO_TEST_CASE(as_many_levels_as_the_framer_lets_pass_are_read)
{
    json::value const arrays = std::get<parsed_text>(parse_request(nested("[", "]", 1024))).value;
    std::string text;
    append_ascii(text, arrays);
    BOOST_TEST(text == nested("[", "]", 1024));
}

BOOST_AUTO_TEST_SUITE_END()
