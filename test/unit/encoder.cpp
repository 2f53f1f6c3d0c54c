// The encoder: exact bytes, and commands that QEMU could not read, which are rejected without a trace in the output.
#include "protocol/encoder.hpp"

#include <coqmp/error.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::command;
using coqmp::errc;
using namespace std::string_literals;

namespace {

boost::system::error_code encode(command const& what, std::uint64_t id, std::string& output)
{
    auto const error = coqmp::protocol::encode(what, output);
    if (!error)
        coqmp::protocol::append_id(id, output);
    return error;
}

std::string encoded(command const& what, std::uint64_t id = 7)
{
    std::string output;
    boost::system::error_code const error = encode(what, id, output);
    BOOST_TEST(!error, error.message());
    return output;
}

/// The encoded form of one argument.
std::string encoded_value(json::value value)
{
    std::string const all = encoded(command("x").with("a", std::move(value)));
    std::string_view const before = R"({"execute":"x","arguments":{"a":)";
    std::string_view const after = R"(},"id":7})";
    BOOST_TEST_REQUIRE(all.starts_with(before));
    BOOST_TEST_REQUIRE(all.ends_with(after));
    return all.substr(before.size(), all.size() - before.size() - after.size());
}

void check_refused(command const& what, errc reason)
{
    std::string output = "before";
    BOOST_TEST((encode(what, 7, output) == reason));
    BOOST_TEST(output == "before");
}

json::value nested_arrays(std::size_t levels)
{
    json::value result = json::array();
    for (std::size_t level = 1; level < levels; ++level) {
        json::array outer;
        outer.push_back(std::move(result));
        result = std::move(outer);
    }
    return result;
}

json::value nested_objects(std::size_t levels)
{
    json::value result = json::object();
    for (std::size_t level = 1; level < levels; ++level) {
        json::object outer;
        outer["a"] = std::move(result);
        result = std::move(outer);
    }
    return result;
}

/// The tokens of `{"execute":"x","arguments":{"a":[...]},"id":7}` without what is inside the array.
constexpr std::size_t tokens_around = 18;

json::array numbers(std::size_t count)
{
    json::array result;
    result.resize(count, 1);
    return result;
}

struct sample
{
    json::value value;
    std::string bytes;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << what.bytes;
}

std::vector<sample> samples()
{
    return {
        {nullptr, "null"},
        {true, "true"},
        {false, "false"},
        {0, "0"},
        {-1, "-1"},
        {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
        {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
        {std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
        {std::uint64_t{5}, "5"},
        {9007199254740993, "9007199254740993"},
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-3.0, "-3.0"},
        {0.5, "0.5"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {1e15, "1e+15"},
        {1e300, "1e+300"},
        {2.5e-8, "2.5e-08"},
        {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
        {std::numeric_limits<double>::denorm_min(), "5e-324"},
        {"", R"("")"},
        {"text", R"("text")"},
        {"a\"b\\c/d", R"("a\"b\\c/d")"},
        {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
        {json::string_view("\0\x01\x1f", 3), R"("\u0000\u0001\u001f")"},
        {"\x1b[0m", R"("\u001b[0m")"},
        {"\x7f", "\"\x7f\""},
        {"ä€😀", "\"ä€😀\""},
        {"ä\n€\"😀", "\"ä\\n€\\\"😀\""},
        {"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbd", "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbd\""},
        {"\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbd",
         "\"\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbd\""},
        {json::array(), "[]"},
        {json::object(), "{}"},
        {json::array{1, "a", nullptr, json::array{}, json::object{}}, R"([1,"a",null,[],{}])"},
        {json::object{{"b", 1}, {"a", json::array{true}}}, R"({"b":1,"a":[true]})"},
        {json::object{{"", json::object{{"k\n", "v"}}}}, R"({"":{"k\n":"v"}})"},
    };
}

// The last ones are UTF-8, but Unicode noncharacters, which QEMU considers invalid.
std::vector<std::string> no_texts()
{
    return {"\x80",
            "\xbf",
            "a\x80",
            "\xc0\x80",
            "\xc1\xbf",
            "\xc2",
            "\xc2 ",
            "\xe0\x80\x80",
            "\xe0\x9f\xbf",
            "\xe2\x82",
            "\xe2\x28\xa1",
            "\xe2\x82\x28",
            "\xed\xa0\x80",
            "\xed\xbf\xbf",
            "\xf0\x8f\xbf\xbf",
            "\xf0\x9f\x98",
            "\xf0\x9f\x98\x28",
            "\xf4\x90\x80\x80",
            "\xf5\x80\x80\x80",
            "\xf8\x88\x80\x80\x80",
            "\xfe",
            "\xff",
            "ä\xff",
            "long enough to be copied in one run \xe4 and more",
            "\xef\xb7\x90",
            "\xef\xb7\xaf",
            "\xef\xbf\xbe",
            "\xef\xbf\xbf",
            "\xf0\x9f\xbf\xbe",
            "\xf4\x8f\xbf\xbf"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encoder_suite)

BOOST_AUTO_TEST_CASE(a_command_without_arguments_has_no_arguments_member)
{
    BOOST_TEST(encoded("query-status") == R"({"execute":"query-status","id":7})");
}

BOOST_AUTO_TEST_CASE(empty_arguments_are_left_out)
{
    BOOST_TEST(encoded(command("query-status", json::object())) == R"({"execute":"query-status","id":7})");
}

BOOST_AUTO_TEST_CASE(arguments_come_between_the_name_and_the_id)
{
    BOOST_TEST(encoded(command("x").with("a", 1)) == R"({"execute":"x","arguments":{"a":1},"id":7})");
}

BOOST_AUTO_TEST_CASE(arguments_keep_their_order)
{
    BOOST_TEST(encoded(command("x").with("z", 1).with("a", 2).with("m", 3)) ==
               R"({"execute":"x","arguments":{"z":1,"a":2,"m":3},"id":7})");
}

BOOST_AUTO_TEST_CASE(an_out_of_band_command_is_an_exec_oob)
{
    BOOST_TEST(encoded(command("query-yank").out_of_band()) == R"({"exec-oob":"query-yank","id":7})");
    BOOST_TEST(encoded(command("yank").with("instances", json::array()).out_of_band()) ==
               R"({"exec-oob":"yank","arguments":{"instances":[]},"id":7})");
}

BOOST_AUTO_TEST_CASE(an_id_may_be_any_number)
{
    BOOST_TEST(encoded("x", 0) == R"({"execute":"x","id":0})");
    BOOST_TEST(encoded("x", std::numeric_limits<std::uint64_t>::max()) == R"({"execute":"x","id":18446744073709551615})");
}

BOOST_AUTO_TEST_CASE(a_command_is_appended_to_the_existing_output)
{
    std::string output = "first";
    BOOST_TEST(!encode("x", 1, output));
    BOOST_TEST(!encode("y", 2, output));
    BOOST_TEST(output == R"(first{"execute":"x","id":1}{"execute":"y","id":2})");
}

BOOST_AUTO_TEST_CASE(a_name_passes_through)
{
    BOOST_TEST(encoded("__com.example_x-y") == R"({"execute":"__com.example_x-y","id":7})");
    BOOST_TEST(encoded("") == R"({"execute":"","id":7})");
    BOOST_TEST(encoded("a\"\nä") == "{\"execute\":\"a\\\"\\nä\",\"id\":7}");
}

BOOST_DATA_TEST_CASE(a_value_has_its_shortest_form, data::make(samples()), sample)
{
    BOOST_TEST(encoded_value(sample.value) == sample.bytes);
    BOOST_TEST(encoded_value(json::array{sample.value, sample.value}) == "[" + sample.bytes + "," + sample.bytes + "]");
}

BOOST_DATA_TEST_CASE(a_value_can_be_read_back, data::make(samples()), sample)
{
    json::value const read = json::parse(encoded_value(sample.value));
    BOOST_TEST((read == sample.value || (sample.value.is_double() && std::abs(read.as_double() - sample.value.as_double()) <=
                                                                         1e-15 * std::abs(sample.value.as_double()))));
}

BOOST_DATA_TEST_CASE(text_that_is_not_utf8_is_rejected, data::make(no_texts()), text)
{
    check_refused(command("x").with("a", text), errc::arguments_not_json);
    check_refused(command("x").with(text, 1), errc::arguments_not_json);
    check_refused(command("x").with("a", json::array{json::object{{text, 1}}}), errc::arguments_not_json);
    check_refused(command("x").with("a", json::array{1, json::object{{"b", text}}}), errc::arguments_not_json);
    check_refused(command(text), errc::arguments_not_json);
}

BOOST_AUTO_TEST_CASE(a_number_that_json_cannot_represent_is_rejected)
{
    for (double number : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                          std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::quiet_NaN()}) {
        check_refused(command("x").with("a", number), errc::arguments_not_json);
        check_refused(command("x").with("a", json::array{1, number}), errc::arguments_not_json);
        check_refused(command("x").with("a", json::object{{"b", json::array{number}}}), errc::arguments_not_json);
    }
}

BOOST_AUTO_TEST_CASE(the_message_and_its_arguments_are_two_of_1024_levels)
{
    std::string const arrays = encoded(command("x").with("a", nested_arrays(1022)));
    BOOST_TEST(arrays ==
               R"({"execute":"x","arguments":{"a":)" + std::string(1022, '[') + std::string(1022, ']') + R"(},"id":7})");
    check_refused(command("x").with("a", nested_arrays(1023)), errc::arguments_too_deep);
    BOOST_TEST(!encoded(command("x").with("a", nested_objects(1022))).empty());
    check_refused(command("x").with("a", nested_objects(1023)), errc::arguments_too_deep);
}

BOOST_AUTO_TEST_CASE(depth_is_not_length)
{
    json::array many;
    for (int count = 0; count < 3000; ++count)
        many.push_back(json::array{json::object{}});
    BOOST_TEST(!encoded(command("x").with("a", std::move(many))).empty());
}

BOOST_AUTO_TEST_CASE(arguments_of_any_depth_are_rejected_without_exhausting_the_stack)
{
    check_refused(command("x").with("a", nested_arrays(20'000)), errc::arguments_too_deep);
    check_refused(command("x").with("a", nested_objects(20'000)), errc::arguments_too_deep);
}

BOOST_AUTO_TEST_CASE(exactly_2_mebi_tokens_pass_and_one_more_does_not)
{
    std::size_t const room = (std::size_t{2} << 20) - tokens_around;
    // N numbers have N - 1 commas, and {} adds a token to one number, so even and odd counts are possible.
    json::array even = numbers((room - 2) / 2);
    even.push_back(json::object());
    BOOST_TEST(!encoded(command("x").with("a", even)).empty());
    check_refused(command("x").with("a", numbers((room + 2) / 2)), errc::arguments_too_large);
}

BOOST_AUTO_TEST_CASE(exactly_64_mebibytes_pass_and_one_byte_more_does_not)
{
    constexpr std::uint64_t longest = std::numeric_limits<std::uint64_t>::max();  // the id is not known yet
    std::size_t const around = R"({"execute":"x","arguments":{"a":""},"id":18446744073709551615})"s.size();
    std::string text((std::size_t{64} << 20) - around, 'x');
    std::string output = "before";
    BOOST_TEST(!encode(command("x").with("a", text), longest, output));
    BOOST_TEST(output.size() == (std::size_t{64} << 20) + 6);
    text += 'x';
    output = "before";
    BOOST_TEST((encode(command("x").with("a", text), longest, output) == errc::arguments_too_large));
    BOOST_TEST(output == "before");
}

BOOST_AUTO_TEST_CASE(escapes_count_with_all_their_bytes)
{
    check_refused(command("x").with("a", std::string((std::size_t{64} << 20) / 5, '\x01')), errc::arguments_too_large);
}

BOOST_AUTO_TEST_CASE(a_text_that_is_too_large_is_rejected_before_it_is_copied)
{
    std::string output;
    std::string const huge((std::size_t{64} << 20) + 1, 'x');
    BOOST_TEST((encode(command("x").with("a", huge), 7, output) == errc::arguments_too_large));
    BOOST_TEST(output.capacity() < huge.size());
}

BOOST_AUTO_TEST_SUITE_END()
