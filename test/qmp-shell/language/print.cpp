// JSON and events as people see them, and nothing that their terminal would obey.
#include "language/print.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using qmp_shell::print;

namespace {

struct sample
{
    json::value value;
    std::string text;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.text;
}

std::vector<sample> values()
{
    return {{nullptr, "null"},
            {true, "true"},
            {false, "false"},
            {0, "0"},
            {-5, "-5"},
            {std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
            {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
            {1.0, "1.0"},
            {0.1, "0.1"},
            {1e300, "1e+300"},
            {std::numeric_limits<double>::infinity(), "1e999"},
            {-std::numeric_limits<double>::infinity(), "-1e999"},
            {"", R"("")"},
            {"text", R"("text")"},
            {"ä€😀", R"("ä€😀")"},
            {"a\"b\\c/d", R"("a\"b\\c/d")"},
            {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
            {json::array(), "[]"},
            {json::object(), "{}"},
            {json::array{1, "a", nullptr}, R"([1, "a", null])"},
            {json::object{{"a", 1}, {"b", json::array{true}}}, R"({"a": 1, "b": [true]})"},
            {json::object{{"a", json::object{{"b", json::object()}}}}, R"({"a": {"b": {}}})"},
            {json::object{{"k\n", 1}}, R"({"k\n": 1})"}};
}

/// What would move the cursor, colour the screen, or turn the direction of writing.
std::vector<sample> controls()
{
    return {{"\x1b[31m", R"("\u001b[31m")"},
            {"\x1b]0;title\x07", R"("\u001b]0;title\u0007")"},
            {"\x7f", R"("\u007f")"},
            {"\xc2\x9b"
             "31m",
             R"("\u009b31m")"},
            {"\xc2\x80\xc2\x85\xc2\x9f", R"("\u0080\u0085\u009f")"},
            {"\xe2\x80\xae", R"("\u202e")"},
            {"\xe2\x81\xa6", R"("\u2066")"},
            {"\xe2\x80\xa8", R"("\u2028")"},
            {"\xe2\x80\x8b", R"("\u200b")"},
            {"\xef\xbb\xbf", R"("\ufeff")"},
            {json::string_view("\0", 1), R"("\u0000")"},
            {"\xff", R"("\ufffd")"},
            {"a\xc3", R"("a\ufffd")"},
            {"\x80\xbf", R"("\ufffd\ufffd")"},
            {"\xc0\xaf", R"("\ufffd\ufffd")"},
            {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
            {"\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
            {"\xe2\x82z", R"("\ufffd\ufffdz")"}};
}

coqmp::event event_at(std::chrono::system_clock::time_point when)
{
    coqmp::event result;
    result.name = "STOP";
    result.timestamp = when;
    return result;
}

struct in_utc
{
    in_utc()
    {
        setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): tests have one thread
        tzset();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(print_suite)

BOOST_DATA_TEST_CASE(compact_json_has_spaces_as_qemu_writes_them, data::make(values()), sample)
{
    BOOST_TEST(print(sample.value, {}) == sample.text);
}

BOOST_DATA_TEST_CASE(what_is_printed_can_be_read_back, data::make(values()), sample)
{
    BOOST_TEST(json::serialize(json::parse(print(sample.value, {}))) == json::serialize(sample.value));
    BOOST_TEST(json::serialize(json::parse(print(sample.value, {.pretty = true}))) == json::serialize(sample.value));
}

BOOST_DATA_TEST_CASE(controls_never_reach_the_terminal, data::make(controls()), sample)
{
    BOOST_TEST(print(sample.value, {}) == sample.text);
    BOOST_TEST(print(json::value(json::object{{sample.value.get_string(), 1}}), {}) == '{' + sample.text + ": 1}");
}

BOOST_AUTO_TEST_CASE(pretty_json_is_indented_by_two)
{
    json::value const what = json::object{{"a", 1}, {"b", json::array{true, json::object{{"c", nullptr}}}}, {"d", json::array()}};
    BOOST_TEST(print(what, {.pretty = true}) ==
               "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {\n      \"c\": null\n    }\n  ],\n  \"d\": []\n}");
}

BOOST_AUTO_TEST_CASE(colours_end_where_they_began)
{
    std::string const text = print(json::value(json::object{{"a", json::array{1, "b", true}}}), {.colour = true});
    BOOST_TEST(text == "{\033[34m\"a\"\033[0m: [\033[36m1\033[0m, \033[32m\"b\"\033[0m, \033[33mtrue\033[0m]}");
}

BOOST_FIXTURE_TEST_CASE(an_event_has_its_time_its_name_and_its_data, in_utc)
{
    using namespace std::chrono;
    coqmp::event what = event_at(system_clock::time_point(hours(14) + minutes(3) + seconds(22) + microseconds(1234)));
    BOOST_TEST(print(what, {}) == "14:03:22.001234 STOP");
    what.data = json::object{{"guest", true}};
    BOOST_TEST(print(what, {}) == R"(14:03:22.001234 STOP {"guest": true})");
    BOOST_TEST(print(what, {.colour = true}) ==
               "\033[2m14:03:22.001234\033[0m \033[1mSTOP\033[0m {\033[34m\"guest\"\033[0m: \033[33mtrue\033[0m}");
}

BOOST_FIXTURE_TEST_CASE(an_event_before_1970_has_a_time_too, in_utc)
{
    BOOST_TEST(print(event_at(std::chrono::system_clock::time_point(std::chrono::microseconds(-1))), {}) ==
               "23:59:59.999999 STOP");
}

BOOST_AUTO_TEST_CASE(an_event_without_a_time_says_so)
{
    coqmp::event what;
    what.name = "STOP";
    BOOST_TEST(print(what, {}) == "--:--:-- STOP");
}

BOOST_AUTO_TEST_CASE(an_event_reports_lost_ones)
{
    coqmp::event what;
    what.name = "STOP";
    what.lost_before = 1;
    BOOST_TEST(print(what, {}) == "--:--:-- STOP (1 event lost before it)");
    what.lost_before = 3;
    BOOST_TEST(print(what, {}) == "--:--:-- STOP (3 events lost before it)");
}

BOOST_AUTO_TEST_CASE(the_name_of_an_event_is_no_escape_either)
{
    coqmp::event what;
    what.name = "\x1b[2J";
    BOOST_TEST(print(what, {}) == R"(--:--:-- \u001b[2J)");
}

BOOST_AUTO_TEST_SUITE_END()
