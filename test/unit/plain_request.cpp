// Commands in the usual form, which are read in one pass: the result is that of the slower way, which takes any form.
#include "protocol/plain_request.hpp"
#include "protocol/request_check.hpp"
#include "protocol/request_parser.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace data = boost::unit_test::data;
namespace json = boost::json;
using namespace coqmp::protocol;

namespace {

/// A command, its id, and how much of the input it took.
struct read_request
{
    client_command command;
    std::string id;
    std::size_t size = 0;

    friend bool operator==(read_request const&, read_request const&) = default;
};

std::optional<read_request> quickly(std::string_view input, bool out_of_band = true)
{
    auto found = find_plain_request(input, framer_limits(), out_of_band);
    if (!found)
        return std::nullopt;
    return read_request{std::move(found->command), std::string(found->id), found->size};
}

std::optional<read_request> slowly(std::string_view input, bool out_of_band = true)
{
    std::size_t const all = input.size();
    request_framer framer;
    framed_text const framed = framer.take(input);
    auto const* const complete = std::get_if<complete_text>(&framed);
    if (complete == nullptr)
        return std::nullopt;
    auto parsed = parse_request(complete->tokens);
    auto* const received = std::get_if<parsed_text>(&parsed);
    if (received == nullptr)
        return std::nullopt;
    std::string id = echoed_id(received->id);
    auto checked = check_request(std::move(received->value), out_of_band);
    auto* const command = std::get_if<client_command>(&checked);
    if (command == nullptr)
        return std::nullopt;
    return read_request{std::move(*command), std::move(id), all - input.size()};
}

/// Mostly well-formed parts of messages, so that many of their combinations are commands.
class message_source
{
public:
    explicit message_source(unsigned seed) : random_(seed) {}

    std::string next()
    {
        std::string result = space() + "{" + space();
        std::size_t const members = number(4);
        for (std::size_t index = 0; index < members; ++index)
            result += (index == 0 ? "" : "," + space()) + member();
        result += "}" + space();
        if (number(4) == 0)
            result[number(result.size())] = any_of("{}[]\",:'\\ \t\n1aE.-\xff");
        return result + any_of("x{\n}");
    }

private:
    std::size_t number(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
    char any_of(std::string_view text) { return text[number(text.size())]; }

    template <std::size_t Size>
    std::string one_of(char const* const (&texts)[Size])
    {
        return texts[number(Size)];
    }

    std::string space()
    {
        static constexpr char const* spaces[] = {"", "", "", " ", "  ", "\n", "\r\n", "\t "};
        return one_of(spaces);
    }

    std::string member()
    {
        static constexpr char const* names[] = {"execute", "execute", "execute", "exec-oob", "arguments",
                                                "id",      "id",      "more",    "ID"};
        std::string const name = one_of(names);
        return "\"" + name + "\"" + space() + ":" + space() + value(name) + space();
    }

    std::string value(std::string const& name)
    {
        static constexpr char const* words[] = {R"("stop")", R"("a b")", R"("")", R"("\u0041")", "\"\xc3\xa4\"", "'stop'", "5"};
        static constexpr char const* ids[] = {
            "0",  "7",    "07",     "-7",      "7.0", "1e3", "123456789012345678", "12345678901234567890", "7x", "[1]",
            "{}", "null", R"("i")", R"("\n")", "'i'", "nul"};
        static constexpr char const* arguments[] = {"{}",
                                                    "{ }",
                                                    R"({"a":1})",
                                                    R"({"a":{"b":["}",2]},"c":"\"}"})",
                                                    R"({"a":1,"a":2})",
                                                    "{'a':'}'}",
                                                    R"({"a":01})",
                                                    "[]",
                                                    R"({"a":1 2})",
                                                    "{\"a\"\n:\n-1.50 }",
                                                    "{"};
        if (number(12) == 0)
            return one_of(ids);
        if (name == "arguments")
            return one_of(arguments);
        return name == "id" ? one_of(ids) : one_of(words);
    }

    std::mt19937 random_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_command)

BOOST_AUTO_TEST_CASE(is_read_with_its_arguments_and_its_id)
{
    std::string const text = R"({"execute":"block_resize","arguments":{"size":18446744073709551615,"a":["}"]},"id":"x y"})";
    auto const read = quickly(text + "more");
    BOOST_REQUIRE(read);
    BOOST_TEST(read->command.name == "block_resize");
    BOOST_TEST(read->command.arguments == json::parse(R"({"size":18446744073709551615,"a":["}"]})").get_object());
    BOOST_TEST(!read->command.out_of_band);
    BOOST_TEST(read->id == R"("x y")");
    BOOST_TEST(read->size == text.size());
}

constexpr std::string_view usual[] = {
    R"({"execute":"stop"})",
    R"({"execute": "stop", "id": 7})",
    R"({"id": 123456789012345678, "execute": "stop"})",
    "\r\n {\t\"execute\" : \"stop\" , \"arguments\" : { } , \"id\" : 0 }",
    R"({"exec-oob":"migrate-pause","id":"a"})",
    R"({"arguments":{"value":[1.50,{"a":null}],"text":"\u00e4\\"},"execute":"x"})",
};

BOOST_DATA_TEST_CASE(in_the_usual_form_is_read_as_the_slower_way_reads_it, data::make(usual), text)
{
    auto const read = quickly(text);
    BOOST_REQUIRE(read);
    BOOST_TEST((read == slowly(text)));
}

constexpr std::string_view unusual[] = {
    R"()",
    R"({})",
    R"([])",
    R"({"execute":"stop")",
    R"({"execute":""})",
    R"({"execute":5})",
    R"({"execute":"st\u006fp"})",
    R"({'execute':'stop'})",
    R"({"execute":"stop","id":-7})",
    R"({"execute":"stop","id":07})",
    R"({"execute":"stop","id":7.0})",
    R"({"execute":"stop","id":7e2})",
    R"({"execute":"stop","id":1234567890123456789})",
    R"({"execute":"stop","id":""})",
    R"({"execute":"stop","id":[7]})",
    R"({"execute":"stop","id":7,"id":7})",
    R"({"execute":"stop","execute":"stop"})",
    R"({"execute":"stop","exec-oob":"stop"})",
    R"({"execute":"stop","arguments":{},"arguments":{}})",
    R"({"execute":"stop","arguments":{"a":1,"a":1}})",
    R"({"execute":"stop","arguments":{"a":01}})",
    R"({"execute":"stop","arguments":{"a":[}})",
    R"({"execute":"stop","arguments":[]})",
    R"({"execute":"stop","more":1})",
    R"({"execute":"stop"]})",
    "{\"execute\":\"st\xc3\xa4p\"}",
    "{\"execute\":\"st\np\"}",
};

BOOST_DATA_TEST_CASE(in_another_form_is_left_to_the_slower_way, data::make(unusual), text)
{
    BOOST_TEST(!quickly(text));
}

BOOST_AUTO_TEST_CASE(out_of_band_needs_the_capability)
{
    BOOST_TEST(quickly(R"({"exec-oob":"stop"})", true)->command.out_of_band);
    BOOST_TEST(!quickly(R"({"exec-oob":"stop"})", false));
}

BOOST_AUTO_TEST_CASE(is_within_the_limits)
{
    std::string const text = R"({"execute":"stop"})";
    framer_limits limits;
    limits.max_token_bytes = text.size() + 1;
    BOOST_TEST(find_plain_request(text, limits, false).has_value());
    limits.max_token_bytes = text.size();
    BOOST_TEST(!find_plain_request(text, limits, false).has_value());
    limits.max_token_bytes = 0;
    BOOST_TEST(!find_plain_request(text, limits, false).has_value());
    std::string const large = R"({"execute":"stop","id":")" + std::string(5000, 'x') + "\"}";
    BOOST_TEST(!quickly(large));
}

BOOST_DATA_TEST_CASE(of_any_form_is_never_read_differently, data::xrange(8U), seed)
{
    message_source messages(seed);
    std::size_t read = 0;
    for (int count = 0; count < 10000; ++count) {
        std::string const text = messages.next();
        auto const quick = quickly(text);
        if (!quick)
            continue;
        ++read;
        BOOST_TEST_REQUIRE((quick == slowly(text)), text);
    }
    BOOST_TEST(read > 200U);
}

BOOST_AUTO_TEST_SUITE_END()
