// The limits of the decoder: input that is not JSON, limits of size and nesting, and the memory of values.
#include "protocol/decoder.hpp"

#include <coqmp/error.hpp>

#include "unit/transcript.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace coqmp::protocol;
using namespace std::string_literals;
using coqmp::errc;

BOOST_TEST_SPECIALIZED_COLLECTION_COMPARE(transcript)

namespace {

// Each is placed between two good messages.
std::vector<std::string> between_messages()
{
    return {"x",
            "[",
            "]",
            "}",
            ",",
            "\"text\"",
            "1",
            "-",
            "null",
            "[]",
            "[{}]",
            "\0"s,
            "\x1b[0m",
            "\v",
            "\f",
            "\x80",
            "\xfe",
            "\xc2\xa0",
            "\xef\xbb\xbf",
            "\x16\x03\x01"s,
            "HTTP/1.1 200 OK\r\n",
            "QEMU 7.2.22 monitor - type 'help'",
            "//",
            "/*",
            "(qemu) ",
            "\x7f"};
}

// Texts in the place of a JSON value that are not one.
std::vector<std::string> no_values()
{
    return {"inf",
            "-inf",
            "nan",
            "NaN",
            "Infinity",
            "undefined",
            "True",
            "tru",
            "trux",
            "nul",
            "nulll",
            "fals",
            "01",
            "-01",
            "+1",
            ".5",
            "1.",
            "1.e5",
            "1e",
            "1e+",
            "-",
            "--1",
            "0x10",
            "1_000",
            "'a'",
            "a",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12G4\"",
            "\"\\U0041\"",
            "\"\\\"",
            "\"a\nb\"",
            "\"a\tb\"",
            "\"\0\""s,
            "\"\x1f\"",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1,,2]",
            "[1}",
            "{\"a\":1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\" 1}",
            "{a:1}",
            "{1:1}",
            "{null:1}",
            "{\"a\":1,}",
            "{,}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":1,,\"b\":2}",
            "{\"a\"::1}",
            "]",
            "}}",
            ",",
            "",
            "/**/1",
            "//\n1",
            "1//\n",
            "\xff",
            "\xa0"
            "1",
            "{\"a\xff\":1}",
            "{\"\\ud800\":1}",
            "\"a\" \"b\"",
            "1 2",
            "\v1",
            "\f1"};
}

std::vector<std::string> no_texts()
{
    return {"\x80",
            "\xbf",
            "\xc0\x80",
            "\xc1\xbf",
            "\xc2",
            "\xc2 ",
            "\xe0\x80\x80",
            "\xe0\x9f\xbf",
            "\xe2\x82",
            "\xe2\x28\xa1",
            "\xed\xa0\x80",
            "\xed\xbf\xbf",
            "\xf0\x80\x80\x80",
            "\xf0\x9f\x98",
            "\xf4\x90\x80\x80",
            "\xf5\x80\x80\x80",
            "\xf8\x88\x80\x80\x80",
            "\xfe",
            "\xff",
            "a\xff",
            "\\ud800",
            "\\udc00",
            "\\ud83d",
            "\\ud83dx",
            "\\ud83d\\n",
            "\\ud83d\\ud83d",
            "\\ude00\\ud83d",
            "\\ud83d\\u0041"};
}

void check_fails(std::string const& bytes, transcript expected, errc reason, decoder_limits limits = {})
{
    expected.push_back(fails(reason));
    BOOST_TEST(decode_whole(bytes, limits) == expected);
    BOOST_TEST(decode_each_byte(bytes, limits) == expected);
    std::string_view const all = bytes;
    if (all.size() > 1000)
        return;  // it would take too long to decode a large input hundreds of times
    for (std::size_t at = 1; at < all.size(); ++at)
        if (decode_parts({all.substr(0, at), all.substr(at)}, limits) != expected)
            BOOST_TEST(decode_parts({all.substr(0, at), all.substr(at)}, limits) == expected, "when split after byte " << at);
}

std::string nested(std::size_t arrays)
{
    return std::string(arrays, '[') + std::string(arrays, ']');
}

std::string const good = R"({"return": {}, "id": 1})";
std::string const good_meaning = "return 1 {}";

}  // namespace

BOOST_AUTO_TEST_SUITE(decoder_limits_suite)

BOOST_DATA_TEST_CASE(bytes_between_messages_that_begin_no_object_fail_at_once, data::make(between_messages()), bytes)
{
    check_fails(good + "\r\n" + bytes + good, {good_meaning}, errc::not_json);
    check_fails(bytes.substr(0, 1), {}, errc::not_json);
}

BOOST_DATA_TEST_CASE(a_malformed_value_fails, data::make(no_values()), bytes)
{
    check_fails(good + R"({"return": )" + bytes + "}" + good, {good_meaning}, errc::not_json);
    check_fails(good + R"({"ignored": )" + bytes + "}" + good, {good_meaning}, errc::not_json);
    check_fails(good + R"({"event": "A", "data": {"a": )" + bytes + "}}" + good, {good_meaning}, errc::not_json);
    check_fails(good + R"({"return": [1, )" + bytes + "]}" + good, {good_meaning}, errc::not_json);
}

BOOST_DATA_TEST_CASE(text_that_is_not_utf8_fails, data::make(no_texts()), bytes)
{
    std::string const text = "\"" + bytes + "\"";
    check_fails(R"({"return": )" + text + "}" + good, {}, errc::not_json);
    check_fails(R"({"id": )" + text + "}" + good, {}, errc::not_json);
    check_fails(R"({"ignored": )" + text + "}" + good, {}, errc::not_json);
    check_fails("{" + text + ": 1}" + good, {}, errc::not_json);
    check_fails(R"({"return": {)" + text + ": 1}}" + good, {}, errc::not_json);
}

BOOST_AUTO_TEST_CASE(an_error_is_final)
{
    decoder target;
    std::string_view input = "x";
    BOOST_TEST(describe(target.decode(input)) == "nothing");
    input = good;
    BOOST_TEST(describe(target.decode(input)) == "nothing");
    BOOST_TEST((target.error() == errc::not_json));
}

BOOST_AUTO_TEST_CASE(messages_before_an_error_are_delivered_before_it_is_reported)
{
    decoder target;
    std::string const bytes = good + "x";
    std::string_view input = bytes;
    BOOST_TEST(describe(target.decode(input)) == good_meaning);
    BOOST_TEST(!target.error());
    BOOST_TEST(describe(target.decode(input)) == "nothing");
    BOOST_TEST((target.error() == errc::not_json));
}

BOOST_AUTO_TEST_CASE(a_message_of_exactly_the_limit_passes_and_one_byte_more_does_not)
{
    for (std::size_t size : {std::size_t{24}, std::size_t{25}, std::size_t{600}, std::size_t{70'000}}) {
        std::string const bytes = R"({"return": 1, "x": ")" + std::string(size - 22, 'x') + "\"}";
        BOOST_TEST_REQUIRE(bytes.size() == size);
        std::string const several = "\r\n" + bytes + "\r\n  " + bytes + bytes + "\r\n";
        transcript const expected(3, "return without id 1");
        BOOST_TEST(decode_whole(several, {size, 1024}) == expected);
        BOOST_TEST(decode_each_byte(several, {size, 1024}) == expected);
        check_fails(good + bytes + good, {good_meaning}, errc::message_too_large, {size - 1, 1024});
    }
}

BOOST_AUTO_TEST_CASE(a_message_that_never_ends_fails_at_the_limit)
{
    decoder target({100, 1024});
    transcript seen;
    feed(target, R"({"return": ")" + std::string(88, 'x'), seen);
    BOOST_TEST(seen == transcript{fails(errc::message_too_large)});
}

BOOST_AUTO_TEST_CASE(space_counts_inside_a_message_and_not_between_messages)
{
    std::string const space(1000, ' ');
    BOOST_TEST(decode_whole(space + good + space + good + space, {good.size(), 1024}) == transcript(2, good_meaning));
    check_fails("{" + space + good.substr(1), {}, errc::message_too_large, {500, 1024});
}

BOOST_AUTO_TEST_CASE(a_size_limit_of_zero_means_no_limit)
{
    std::string const text(3 << 20, 'x');
    BOOST_TEST(decode_whole(R"({"return": ")" + text + "\"}", {0, 1024}) == transcript{"return without id \"" + text + "\""});
}

BOOST_AUTO_TEST_CASE(the_default_limits_let_64_mebibytes_pass)
{
    std::size_t const limit = std::size_t{64} << 20;
    std::string bytes = R"({"return": 1, "x": ")";
    bytes += std::string(limit - bytes.size() - 2, 'x') + "\"}";
    BOOST_TEST(decode_whole(bytes) == transcript{"return without id 1"});
    bytes.insert(bytes.size() - 2, 1, 'x');
    BOOST_TEST(decode_whole(bytes) == transcript{fails(errc::message_too_large)});
}

BOOST_AUTO_TEST_CASE(as_many_levels_as_allowed_pass_and_one_more_does_not)
{
    for (std::size_t levels : {std::size_t{1}, std::size_t{2}, std::size_t{32}, std::size_t{33}, std::size_t{1024}})
        for (char const* member : {"return", "x", "id"}) {
            decoder_limits const limits{0, levels};
            std::string const begin = "{\"return\": 1, \""s + member + "\": ";
            std::string const fits = begin + (levels == 1 ? "1" : nested(levels - 1)) + "}";
            transcript const once = decode_whole(fits, limits);
            BOOST_TEST_REQUIRE(once.size() == 1U);
            BOOST_TEST(once[0].starts_with("return "));
            BOOST_TEST(decode_each_byte(fits + fits, limits) == (transcript{once[0], once[0]}));
            check_fails(begin + nested(levels) + "}", {}, errc::nested_too_deep, limits);
        }
}

BOOST_AUTO_TEST_CASE(objects_and_arrays_count_alike)
{
    std::string deep = "1";
    for (int level = 0; level < 511; ++level)
        deep = R"({"a": [)" + deep + "]}";
    std::string const fits = R"({"event": "A", "x": [)" + deep + "]}";  // 1 + 1 + 1022
    BOOST_TEST(decode_whole(fits) == transcript{"event A {}"});
    check_fails(R"({"event": "A", "x": [[)" + deep + "]]}", {}, errc::nested_too_deep);
}

BOOST_AUTO_TEST_CASE(a_nesting_beyond_the_parser_is_clamped)
{
    decoder_limits const limits{0, 1'000'000};
    BOOST_TEST(decode_whole(R"({"return": 1, "x": )" + nested(4095) + "}", limits) == transcript{"return without id 1"});
    check_fails(R"({"return": )" + nested(4096) + "}", {}, errc::nested_too_deep, limits);
    check_fails(R"({"return": )" + std::string(100'000, '['), {}, errc::nested_too_deep, limits);
}

BOOST_AUTO_TEST_CASE(long_keys_and_texts_that_come_in_parts_are_whole)
{
    std::string const text(300'000, 'y');
    std::string const bytes = R"({"return": {")" + text + R"(": ")" + text + R"("}, "id": ")" + text + R"("})" + R"({")" + text +
                              R"(": 1, "event": ")" + text + R"("})" + R"({"error": {"class": ")" + text + R"(", "desc": ")" +
                              text + R"(", ")" + text + R"(": "x"}})" + good;
    transcript const expected{"return '" + text + "' {\"" + text + "\":\"" + text + "\"}", "event " + text + " {}",
                              "error without id " + text + ": " + text, good_meaning};
    BOOST_TEST((decode_whole(bytes) == expected));
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at < bytes.size(); at += 1000)
        parts.push_back(std::string_view(bytes).substr(at, 1000));
    BOOST_TEST((decode_parts(parts) == expected));
}

BOOST_AUTO_TEST_CASE(a_huge_message_does_not_disturb_the_next)
{
    std::string large = R"({"return": [{"name": "a", "value": 0})";
    for (int number = 1; number < 60'000; ++number)
        large += R"(, {"name": "a", "value": )" + std::to_string(number) + "}";
    large += R"(], "id": 1})";
    decoder target;
    for (int round = 0; round < 2; ++round) {
        std::string_view input = large;
        auto const answer = std::get<return_message>(target.decode(input));
        BOOST_TEST(answer.value.as_array().size() == 60'000U);
        BOOST_TEST(answer.value.at(59'999).at("value").as_int64() == 59'999);
        transcript seen;
        feed(target, good, seen);
        BOOST_TEST(seen == transcript{good_meaning});
    }
}

BOOST_AUTO_TEST_CASE(a_value_outlives_its_decoder_its_message_and_its_thread)
{
    std::optional<decoder> target(std::in_place);
    std::string_view input = R"({"return": {"list": [1, 2, {"deep": "a text that is too long for the value itself"}]}})";
    std::optional<message> received(target->decode(input));
    target.reset();
    json::value inner = std::move(std::get<return_message>(*received).value.at("list").at(2));
    received.reset();
    std::thread other([value = std::move(inner)]() mutable {
        value.as_object()["more"] = json::array{1, 2, 3};
        BOOST_TEST(json::serialize(value) == R"({"deep":"a text that is too long for the value itself","more":[1,2,3]})");
    });
    other.join();
}

BOOST_AUTO_TEST_CASE(two_messages_share_no_memory)
{
    decoder target;
    std::string_view input = R"({"return": {"a": 1}}{"return": {"b": 2}})";
    auto first = std::get<return_message>(target.decode(input));
    auto second = std::get<return_message>(target.decode(input));
    BOOST_TEST((first.value.storage() != second.value.storage()));
    first = return_message{};
    BOOST_TEST(json::serialize(second.value) == R"({"b":2})");
}

BOOST_AUTO_TEST_CASE(an_empty_object_and_a_scalar_take_no_memory_of_their_own)
{
    decoder target;
    std::string_view input = R"({"return": {}}{"return": []}{"return": 5}{"event": "A", "data": {}})";
    for (int count = 0; count < 3; ++count)
        BOOST_TEST(!std::get<return_message>(target.decode(input)).value.storage().is_shared());
    BOOST_TEST(!std::get<coqmp::event>(target.decode(input)).data.storage().is_shared());
}

BOOST_AUTO_TEST_CASE(a_decoder_can_move_in_the_middle_of_a_message)
{
    decoder first;
    transcript seen;
    feed(first, R"({"return": {"a": "b)", seen);
    decoder second(std::move(first));
    BOOST_TEST(second.inside_message());
    decoder third;
    third = std::move(second);
    feed(third, R"(c"}})", seen);
    BOOST_TEST(seen == transcript{R"(return without id {"a":"bc"})"});
}

namespace {

json::value random_value(std::mt19937& random, int depth)
{
    switch (random() % (depth > 0 ? 8U : 6U)) {
        case 0:
            return nullptr;
        case 1:
            return random() % 2 == 0;
        case 2:
            return std::int64_t{1} * static_cast<std::int32_t>(random());
        case 3:
            return (std::uint64_t{random()} << 32) | random();
        case 4:
            return static_cast<double>(random()) / 1024;
        case 5: {
            json::string text;
            for (std::size_t left = random() % 40; left > 0; --left)
                text.append(random() % 8 == 0 ? json::string_view("ä\n\"\\") : json::string_view("x"));
            return text;
        }
        case 6: {
            json::array elements;
            for (std::size_t left = random() % 6; left > 0; --left)
                elements.push_back(random_value(random, depth - 1));
            return elements;
        }
        default: {
            json::object members;
            for (std::size_t left = random() % 6; left > 0; --left)
                members[std::to_string(random() % 100)] = random_value(random, depth - 1);
            return members;
        }
    }
}

std::vector<std::string_view> random_parts(std::string_view bytes, std::mt19937& random)
{
    std::vector<std::string_view> parts;
    while (!bytes.empty()) {
        std::size_t const size = std::min<std::size_t>(bytes.size(), 1 + random() % 20);
        parts.push_back(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    return parts;
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_values_come_out_as_they_went_in)
{
    std::mt19937 random(1);
    for (int round = 0; round < 500; ++round) {
        std::string const text = json::serialize(random_value(random, 5));
        std::string const bytes = R"({"id": 9, "return": )" + text + "}";
        transcript const expected{"return 9 " + text};
        BOOST_TEST(decode_whole(bytes) == expected);
        BOOST_TEST(decode_parts(random_parts(bytes, random)) == expected);
    }
}

BOOST_AUTO_TEST_CASE(damaged_streams_mean_the_same_at_any_split)
{
    std::mt19937 random(2);
    std::string const alphabet = "{}[]\",:\\u0123e.-tfn \r\n\xff\xc3\xa4\x01";
    std::string const whole = R"({"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": ["oob"]}}
{"return": {"a": [1, 2.5e3, "x\u00e4\ud83d\ude00"]}, "id": 7}{"error": {"class": "X", "desc": "d"}, "id": "a"}
{"event": "A", "data": {"b": null}, "timestamp": {"seconds": 1, "microseconds": 2}})";
    std::size_t refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = whole;
        for (std::size_t damage = 1 + random() % 3; damage > 0; --damage) {
            std::size_t const at = random() % bytes.size();
            if (random() % 2 == 0)
                bytes[at] = alphabet[random() % alphabet.size()];
            else if (random() % 2 == 0)
                bytes.erase(at, 1 + random() % 10);
            else
                bytes.insert(at, 1, alphabet[random() % alphabet.size()]);
        }
        transcript const once = decode_whole(bytes, {200, 6});
        BOOST_TEST(decode_each_byte(bytes, {200, 6}) == once);
        BOOST_TEST(decode_parts(random_parts(bytes, random), {200, 6}) == once);
        refused += !once.empty() && once.back().starts_with("fails") ? 1 : 0;
    }
    BOOST_TEST(refused > 1000U);
    BOOST_TEST(refused < 3000U);
}

BOOST_AUTO_TEST_SUITE_END()
