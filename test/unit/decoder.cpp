// The decoder: real captures, every malformed message that we could think of, and every split of each.
#include "protocol/decoder.hpp"

#include <coqmp/error.hpp>

#include "unit/transcript.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace coqmp::protocol;
using namespace std::string_literals;
using coqmp::errc;

BOOST_TEST_SPECIALIZED_COLLECTION_COMPARE(transcript)

namespace {

/// A message, the bytes before it, and what the decoder makes of it.
struct exchange
{
    std::string before;
    std::string bytes;
    std::string meaning;
};

struct script
{
    std::string name;
    std::vector<exchange> exchanges;
    std::string after;  ///< bytes that belong to no message

    [[nodiscard]] std::string bytes() const
    {
        std::string all;
        for (exchange const& each : exchanges)
            all += each.before + each.bytes;
        return all + after;
    }
    [[nodiscard]] transcript meaning() const
    {
        transcript all;
        for (exchange const& each : exchanges)
            all.push_back(each.meaning);
        return all;
    }
};

std::ostream& operator<<(std::ostream& out, script const& what)
{
    return out << what.name;
}

script single(std::string bytes, std::string meaning)
{
    return {bytes, {{"", bytes, std::move(meaning)}}, ""};
}

std::string const hello =
    R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2+dfsg-7+deb12u18+b3"}, "capabilities": ["oob"]}})";
std::string const hello_meaning = "greeting 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3) +oob";
std::string const malformed_error = "UnknownError: the peer sent a malformed error";
std::string const several = "unknown: it has more than one of the members QMP, return, error and event";
std::string const none = "unknown: it has no member QMP, return, error or event";
std::string const bad_greeting = "unknown: the greeting is not an object";
std::string const no_object = "unknown: the event's data is not an object";
std::string const no_name = "unknown: the event's name is not a string";

// Captured from QEMU 7.2.22 (-M none) and its qemu-ga, byte for byte.
std::vector<script> captures()
{
    return {
        {"a session of QEMU 7.2",
         {{"", hello, hello_meaning},
          {"\r\n", R"({"return": {}, "id": 0})", "return 0 {}"},
          {"\r\n", R"({"return": [{"frontend-open": true, "filename": "stdio", "label": "compat_monitor0"}], "id": 1})",
           R"(return 1 [{"frontend-open":true,"filename":"stdio","label":"compat_monitor0"}])"},
          {"\r\n", R"({"timestamp": {"seconds": 1795387546, "microseconds": 378483}, "event": "RESUME"})",
           "event RESUME {} at 1795387546378483 us"},
          {"\r\n", R"({"id": 3, "error": {"class": "CommandNotFound", "desc": "The command nope has not been found"}})",
           "error 3 CommandNotFound: The command nope has not been found"},
          {"\r\n", R"({"return": {"status": "running", "singlestep": false, "running": true}})",
           R"(return without id {"status":"running","singlestep":false,"running":true})"},
          {"\r\n", R"({"return": "VM status: running\r\n", "id": {"a": [1]}})", R"(return foreign "VM status: running\r\n")"},
          {"\r\n",
           R"({"timestamp": {"seconds": 1795387546, "microseconds": 381554}, "event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}})",
           R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"} at 1795387546381554 us)"},
          {"\r\n", R"({"return": {}, "id": 11})", "return 11 {}"}},
         "\r\n"},
        {"pretty=on",
         {{"",
           "{\r\n    \"QMP\": {\r\n        \"version\": {\r\n            \"qemu\": {\r\n                \"micro\": 22,\r\n       "
           "     "
           "    \"minor\": 2,\r\n                \"major\": 7\r\n            },\r\n            \"package\": \"Debian "
           "1:7.2+dfsg-7+deb12u18+b3\"\r\n        },\r\n        \"capabilities\": [\r\n            \"oob\"\r\n        ]\r\n    "
           "}\r\n}",
           hello_meaning},
          {"\r\n", "{\r\n    \"return\": {\r\n    },\r\n    \"id\": \"x\"\r\n}", "return 'x' {}"},
          {"\r\n",
           "{\r\n    \"timestamp\": {\r\n        \"seconds\": 1795387546,\r\n        \"microseconds\": 318485\r\n    },\r\n    "
           "\"event\": \"SHUTDOWN\",\r\n    \"data\": {\r\n        \"guest\": false,\r\n        \"reason\": "
           "\"host-qmp-quit\"\r\n    }\r\n}",
           R"(event SHUTDOWN {"guest":false,"reason":"host-qmp-quit"} at 1795387546318485 us)"},
          {"\r\n",
           "{\r\n    \"id\": \"\\u00E4\\uD83D\\uDE00\",\r\n    \"error\": {\r\n        \"class\": \"CommandNotFound\",\r\n       "
           " "
           "\"desc\": \"The command query-commands-x has not been found\"\r\n    }\r\n}",
           "error 'ä😀' CommandNotFound: The command query-commands-x has not been found"}},
         "\r\n"},
        {"the guest agent's synchronisation",
         {{"", R"({"error": {"class": "GenericError", "desc": "JSON parse error, stray '\uFFFD'"}})",
           "error without id GenericError: JSON parse error, stray '\xef\xbf\xbd'"},
          {"\n\xff", R"({"return": 123456})", "return without id 123456"},
          {"\n", R"({"return": {}, "id": 1})", "return 1 {}"}},
         "\n"},
        {"no space and no line end at all",
         {{"", R"({"return":{},"id":1})", "return 1 {}"},
          {"", R"({"event":"STOP"})", "event STOP {}"},
          {"", R"({"return":[],"id":2})", "return 2 []"}},
         ""},
        {"every delimiter, many times",
         {{" \t\r\n\xff\xff\r\n", "{\t\"return\" :\r\n {\n} , \"id\"\t: 1 }", "return 1 {}"},
          {"\n\n\n\xff", R"({"event":"A"})", "event A {}"}},
         "\xff \t\r\n"},
        {"only delimiters", {}, "\r\n\xff \t"},
    };
}

std::vector<script> returns()
{
    return {
        single(R"({"return": {}})", "return without id {}"),
        single(R"({"return": []})", "return without id []"),
        single(R"({"return": [[]]})", "return without id [[]]"),
        single(R"({"return": {"": {}}})", R"(return without id {"":{}})"),
        single(R"({"return": [{}, [], "", null]})", R"(return without id [{},[],"",null])"),
        single(R"({"return": null})", "return without id null"),
        single(R"({"return": true})", "return without id true"),
        single(R"({"return": false})", "return without id false"),
        single(R"({"return": 0})", "return without id 0"),
        single(R"({"return": -1})", "return without id -1"),
        single(R"({"return": 9007199254740993})", "return without id 9007199254740993"),
        single(R"({"return": 9223372036854775807})", "return without id 9223372036854775807"),
        single(R"({"return": -9223372036854775808})", "return without id -9223372036854775808"),
        single(R"({"return": 18446744073709551615})", "return without id 18446744073709551615"),
        single(R"({"return": 18446744073709551616})", "return without id 1.8446744073709552E19"),
        single(R"({"return": [1, -2, 18446744073709551615, 0.5, true, null, "x"]})",
               R"(return without id [1,-2,18446744073709551615,5E-1,true,null,"x"])"),
        single(R"({"return": 0.5})", "return without id 5E-1"),
        single(R"({"return": "text"})", R"(return without id "text")"),
        single(R"({"return": ""})", R"(return without id "")"),
        single(R"({"return": "a\"b\\c\/d\b\f\n\r\t"})", R"(return without id "a\"b\\c/d\b\f\n\r\t")"),
        single(R"({"return": "\u00e4\u20ac\ud83d\ude00\u0000\u001f"})", R"(return without id "ä€😀\u0000\u001f")"),
        single(R"({"return": "ä€😀"})", R"(return without id "ä€😀")"),
        single("{\"return\": \"\x7f\"}", "return without id \"\x7f\""),
        single(R"({"return": {"\u006eame": {"k\ney": 1}}})", R"(return without id {"name":{"k\ney":1}})"),
        single(R"({"r\u0065turn": 1})", "return without id 1"),
        single(R"({"id": 5, "return": {"id": 6, "return": 7, "error": 8, "event": 9, "QMP": 1}})",
               R"(return 5 {"id":6,"return":7,"error":8,"event":9,"QMP":1})"),
        single(R"({"other": {"return": 1, "id": 2, "error": {}}, "return": 3})", "return without id 3"),
        single(
            R"({"other": [{"event": "x"}, [1, [2]]], "id": 1, "return": 3, "more": "x", "n": null, "b": true, "i": 1, "d": 1.5})",
            "return 1 3"),
        single(R"({"data": {"a": 1}, "return": {"b": 2}, "timestamp": {"seconds": 1, "microseconds": 2}})",
               R"(return without id {"b":2})"),
        single(R"({"Return": 1, "RETURN": 2, "return ": 3, "return": 4})", "return without id 4"),
        single(R"({"return": 1, "return": {"last": "wins"}})", R"(return without id {"last":"wins"})"),
        single(R"({"return": {"a": [1]}, "return": {"b": [2, {}]}, "return": [3]})", "return without id [3]"),
        single(R"({"return": {"a": 1, "b": 2, "a": 3}})", R"(return without id {"a":3,"b":2})"),
    };
}

std::vector<script> ids()
{
    return {
        single(R"({"return": 1, "id": 0})", "return 0 1"),
        single(R"({"return": 1, "id": 18446744073709551615})", "return 18446744073709551615 1"),
        single(R"({"return": 1, "id": 9223372036854775808})", "return 9223372036854775808 1"),
        single(R"({"return": 1, "id": 18446744073709551616})", "return foreign 1"),
        single(R"({"return": 1, "id": -1})", "return foreign 1"),
        single(R"({"return": 1, "id": 1.5})", "return foreign 1"),
        single(R"({"return": 1, "id": 1e3})", "return foreign 1"),
        single(R"({"return": 1, "id": "a"})", "return 'a' 1"),
        single(R"({"return": 1, "id": ""})", "return '' 1"),
        single(R"({"return": 1, "id": "7"})", "return '7' 1"),
        single(R"({"return": 1, "id": "\u0041\ud83d\ude00"})", "return 'A😀' 1"),
        single(R"({"return": 1, "id": null})", "return foreign 1"),
        single(R"({"return": 1, "id": true})", "return foreign 1"),
        single(R"({"return": 1, "id": {}})", "return foreign 1"),
        single(R"({"return": 1, "id": []})", "return foreign 1"),
        single(R"({"return": 1, "id": {"id": 7}})", "return foreign 1"),
        single(R"({"return": 1, "id": [7, "x", {"a": [8]}]})", "return foreign 1"),
        single(R"({"return": 1, "id": 7, "id": "last"})", "return 'last' 1"),
        single(R"({"return": 1, "id": "first", "id": {}})", "return foreign 1"),
        single(R"({"return": 1, "ID": 7})", "return without id 1"),
        single(R"({"error": {"class": "C", "desc": "d"}, "id": "a"})", "error 'a' C: d"),
    };
}

std::vector<script> errors()
{
    return {
        single(R"({"error": {"class": "GenericError", "desc": "bad"}})", "error without id GenericError: bad"),
        single(R"({"error": {"desc": "bad", "class": "X"}, "id": 7})", "error 7 X: bad"),
        single(R"({"id": 7, "error": {"class": "X", "desc": "d", "data": {"class": "no"}, "more": [1, {"desc": "no"}]}})",
               "error 7 X: d"),
        single(R"({"error": {"class": "\u0058", "desc": "a\nb"}})", "error without id X: a\nb"),
        single(R"({"error": {}, "id": 7})", "error 7 UnknownError: the peer gave no description"),
        single(R"({"error": {"class": "X"}, "id": 7})", "error 7 X: the peer gave no description"),
        single(R"({"error": {"desc": "d"}, "id": 7})", "error 7 UnknownError: d"),
        single(R"({"error": {"class": 1, "desc": 2}, "id": 7})", "error 7 UnknownError: the peer gave no description"),
        single(R"({"error": {"class": "", "desc": "d"}, "id": 7})", "error 7 UnknownError: d"),
        single(R"({"error": {"class": null, "desc": "d"}, "id": 7})", "error 7 UnknownError: d"),
        single(R"({"error": {"class": {"class": "no"}, "desc": ["no"]}, "id": 7})",
               "error 7 UnknownError: the peer gave no description"),
        single(R"({"error": {"class": "first", "class": "X", "desc": "d", "desc": "e"}})", "error without id X: e"),
        single(R"({"error": {"class": "first", "class": 5, "desc": "d"}})", "error without id UnknownError: d"),
        single(R"({"return": 1, "error": {"class": "X", "desc": "d"}, "id": 7})",
               "error 7 UnknownError: the peer sent a reply that is both a return and an error"),
        single(R"({"error": "text", "id": 7})", "error 7 " + malformed_error),
        single(R"({"error": null, "id": 7})", "error 7 " + malformed_error),
        single(R"({"error": 5, "id": 7})", "error 7 " + malformed_error),
        single(R"({"error": 1.5, "id": 7})", "error 7 " + malformed_error),
        single(R"({"error": [], "id": 7})", "error 7 " + malformed_error),
        single(R"({"error": ["class", "desc"], "id": 7})", "error 7 " + malformed_error),
        single(R"({"error": [{"class": "X", "desc": "d"}], "id": 7})", "error 7 " + malformed_error),
        single(R"({"error": {"class": "X", "desc": "d"}, "error": 1, "id": 7})", "error 7 " + malformed_error),
        single(R"({"error": 1, "error": {"class": "X", "desc": "d"}, "id": 7})", "error 7 X: d"),
    };
}

std::vector<script> events()
{
    std::string const from = R"({"event": "A", "timestamp": )";
    return {
        single(R"({"event": "A"})", "event A {}"),
        single(R"({"event": "", "data": {}})", "event  {}"),
        single(R"({"event": "__org.x_Y", "data": {"a": {"b": [1]}}})", R"(event __org.x_Y {"a":{"b":[1]}})"),
        single(R"({"data": {"event": "B"}, "event": "A", "id": 5, "extra": {}})", R"(event A {"event":"B"})"),
        single(R"({"event": "\u0041\u00e4"})", "event Aä {}"),
        single(R"({"event": "A", "event": "B"})", "event B {}"),
        single(R"({"event": "A", "data": {"a": 1}, "data": {"b": 2}})", R"(event A {"b":2})"),
        single(R"({"event": "A", "data": [1], "data": {"b": 2}})", R"(event A {"b":2})"),
        single(R"({"event": 5})", no_name),
        single(R"({"event": null})", no_name),
        single(R"({"event": {"event": "A"}})", no_name),
        single(R"({"event": ["A"]})", no_name),
        single(R"({"event": "A", "event": 5})", no_name),
        single(R"({"event": "A", "data": null})", no_object),
        single(R"({"event": "A", "data": "x"})", no_object),
        single(R"({"event": "A", "data": 1})", no_object),
        single(R"({"event": "A", "data": []})", no_object),
        single(R"({"event": "A", "data": [{"a": 1}]})", no_object),
        single(from + R"({"seconds": 1, "microseconds": 2}})", "event A {} at 1000002 us"),
        single(from + R"({"microseconds": 999999, "seconds": 0}})", "event A {} at 999999 us"),
        single(from + R"({"seconds": 1, "microseconds": 2, "nanoseconds": 3, "x": {"seconds": 9}}})", "event A {} at 1000002 us"),
        single(from + R"({"seconds": 7, "seconds": 1, "microseconds": 2}})", "event A {} at 1000002 us"),
        single(from + R"({"seconds": 9223372035, "microseconds": 0}})", "event A {} at 9223372035000000 us"),
        single(from + R"({"seconds": 9223372036, "microseconds": 854776}})", "event A {}"),
        single(from + R"({"seconds": -1, "microseconds": -1}})", "event A {}"),
        single(from + R"({"seconds": -1, "microseconds": 5}})", "event A {}"),
        single(from + R"({"seconds": 5, "microseconds": -1}})", "event A {}"),
        single(from + R"({"seconds": 5, "microseconds": 1000000}})", "event A {}"),
        single(from + R"({"seconds": 5}})", "event A {}"),
        single(from + R"({"microseconds": 5}})", "event A {}"),
        single(from + R"({}})", "event A {}"),
        single(from + R"([]})", "event A {}"),
        single(from + R"([1, 2]})", "event A {}"),
        single(from + R"(5})", "event A {}"),
        single(from + R"(null})", "event A {}"),
        single(from + R"("now"})", "event A {}"),
        single(from + R"({"seconds": "1", "microseconds": 2}})", "event A {}"),
        single(from + R"({"seconds": 1.0, "microseconds": 2}})", "event A {}"),
        single(from + R"({"seconds": [1], "microseconds": {"seconds": 2}}})", "event A {}"),
        single(from + R"({"seconds": 1, "seconds": null, "microseconds": 2}})", "event A {}"),
        single(from + R"({"seconds": 9223372036854775807, "microseconds": 9223372036854775807}})", "event A {}"),
        single(from + R"({"seconds": 18446744073709551615, "microseconds": 2}})", "event A {}"),
        single(from + R"({"seconds": 1e300, "microseconds": 2}})", "event A {}"),
        single(from + R"({"seconds": 1, "microseconds": 2}, "timestamp": 5})", "event A {}"),
    };
}

std::vector<script> greetings()
{
    return {
        single(hello, hello_meaning),
        single(R"({"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": ""}, "capabilities": []}})",
               "greeting 10.0.0"),
        single(R"({"QMP": {"capabilities": ["oob", "x", "oob"]}})", "greeting 0.0.0 +oob +x +oob"),
        single(R"({"QMP": {}})", "greeting 0.0.0"),
        single(R"({"QMP": {"version": {}}})", "greeting 0.0.0"),
        single(R"({"QMP": {"version": {"qemu": {}}}})", "greeting 0.0.0"),
        single(R"({"QMP": {"version": {"qemu": {"major": 5}}, "more": 1}, "x": 2})", "greeting 5.0.0"),
        single(R"({"QMP": {"version": {"qemu": {"major": 99999999999, "minor": 18446744073709551615, "micro": -5}}}})",
               "greeting 2147483647.2147483647.0"),
        single(R"({"QMP": {"version": {"qemu": {"major": 1}, "package": 5}}})", "greeting 1.0.0"),
        single(R"({"QMP": {"capabilities": [1, null, "oob", {}, []]}})", "greeting 0.0.0 +oob"),
        single(R"({"QMP": {"capabilities": "oob"}})", "greeting 0.0.0"),
        single(R"({"QMP": {"capabilities": null}})", "greeting 0.0.0"),
        single(R"({"QMP": 1})", bad_greeting),
        single(R"({"QMP": null})", bad_greeting),
        single(R"({"QMP": []})", bad_greeting),
        single(R"({"QMP": "hello"})", bad_greeting),
        single(R"({"QMP": {"version": "7.2"}})", "greeting 7.2"),
        single(R"({"QMP": {"version": null}})", "greeting 0.0.0"),
        single(R"({"QMP": {"version": [7, 2]}})", "greeting [7,2]"),
        single(R"({"QMP": {"version": {"qemu": null}}})", "greeting 0.0.0"),
        single(R"({"QMP": {"version": {"qemu": "0.12.50", "package": "p"}}})", "greeting 0.12.50 (p)"),
        single(R"({"QMP": {"version": {"qemu": "7.2"}}})", "greeting 7.2"),
        single(R"({"QMP": {"version": {"qemu": "7.2.0-rc1"}}})", "greeting 7.2.0-rc1"),
        single(R"({"QMP": {"version": {"qemu": ""}}})", "greeting 0.0.0"),
        single(R"({"QMP": {"version": {"qemu": 1e400}}})", "greeting 1e999"),
        single(R"({"QMP": {"version": {"qemu": {"major": "7"}}}})", R"(greeting {"major":"7"})"),
        single(R"({"QMP": {"version": {"qemu": {"major": null, "minor": 2, "micro": -1}}}})", "greeting 0.2.0"),
    };
}

std::vector<script> unknowns()
{
    return {
        single(R"({})", none),
        single(R"({"id": 7})", none),
        single(R"({"data": {}, "timestamp": {}})", none),
        single(R"({"execute": "quit", "arguments": {"return": 1}})", none),
        single(R"({"": {}})", none),
        single(R"({"event": "A", "return": {}})", several),
        single(R"({"QMP": {}, "event": "A"})", several),
        single(R"({"error": {}, "event": "A"})", several),
        single(R"({"QMP": {}, "event": "A", "error": {}, "return": {}})", several),
    };
}

void check_everywhere(script const& script)
{
    std::string const bytes = script.bytes();
    transcript const meaning = script.meaning();
    BOOST_TEST(decode_whole(bytes) == meaning);
    BOOST_TEST(decode_each_byte(bytes) == meaning);
    std::string_view const all = bytes;
    for (std::size_t at = 1; at < all.size(); ++at)
        if (decode_parts({all.substr(0, at), all.substr(at)}) != meaning)
            BOOST_TEST(decode_parts({all.substr(0, at), all.substr(at)}) == meaning, "when split after byte " << at);
}

/// After each byte, exactly the complete messages have been delivered, and the decoder knows whether it is inside one.
void check_cuts(script const& script)
{
    decoder target;
    transcript seen;
    transcript expected;
    for (exchange const& each : script.exchanges) {
        for (char byte : each.before) {
            feed(target, std::string(1, byte), seen);
            BOOST_TEST(!target.inside_message());
        }
        for (char const& byte : each.bytes) {
            BOOST_TEST(seen == expected);
            feed(target, std::string(1, byte), seen);
            if (&byte != &each.bytes.back())
                BOOST_TEST(target.inside_message());
        }
        expected.push_back(each.meaning);
        BOOST_TEST(seen == expected);
        BOOST_TEST(!target.inside_message());
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decoder_suite)

BOOST_DATA_TEST_CASE(captures_are_understood_at_any_split, data::make(captures()), script)
{
    check_everywhere(script);
}

BOOST_DATA_TEST_CASE(captures_can_be_cut_anywhere, data::make(captures()), script)
{
    check_cuts(script);
}

BOOST_DATA_TEST_CASE(a_return_is_understood, data::make(returns()), script)
{
    check_everywhere(script);
    check_cuts(script);
}

BOOST_DATA_TEST_CASE(an_id_is_understood, data::make(ids()), script)
{
    check_everywhere(script);
    check_cuts(script);
}

BOOST_DATA_TEST_CASE(an_error_is_understood_however_malformed, data::make(errors()), script)
{
    check_everywhere(script);
    check_cuts(script);
}

BOOST_DATA_TEST_CASE(an_event_is_understood, data::make(events()), script)
{
    check_everywhere(script);
    check_cuts(script);
}

BOOST_DATA_TEST_CASE(a_greeting_is_understood, data::make(greetings()), script)
{
    check_everywhere(script);
    check_cuts(script);
}

BOOST_DATA_TEST_CASE(an_object_that_is_not_a_qmp_message_is_unknown, data::make(unknowns()), script)
{
    check_everywhere(script);
    check_cuts(script);
}

BOOST_AUTO_TEST_CASE(all_scripts_in_one_stream_do_not_disturb_each_other)
{
    script all;
    for (auto const& scripts : {captures(), returns(), ids(), errors(), events(), greetings(), unknowns()})
        for (script const& each : scripts) {
            all.exchanges.insert(all.exchanges.end(), each.exchanges.begin(), each.exchanges.end());
            all.exchanges.push_back({each.after, "{}", none});
        }
    BOOST_TEST(decode_whole(all.bytes()) == all.meaning());
    BOOST_TEST(decode_each_byte(all.bytes()) == all.meaning());
}

BOOST_AUTO_TEST_CASE(a_timestamp_has_its_exact_value)
{
    decoder target;
    std::string_view input = R"({"timestamp": {"seconds": 1267020223, "microseconds": 435656}, "event": "POWERDOWN"})";
    auto const happened = std::get<coqmp::event>(target.decode(input));
    using namespace std::chrono;
    BOOST_REQUIRE(happened.timestamp.has_value());
    BOOST_TEST((*happened.timestamp == system_clock::time_point(seconds(1267020223) + microseconds(435656))));
    BOOST_TEST(happened.lost_before == 0U);
}

// Boost.JSON 1.81 alone loses a digit of the first number if the input is split inside it, and reads the second as NaN.
BOOST_AUTO_TEST_CASE(a_real_number_is_exact_wherever_the_input_is_cut)
{
    std::string const bytes = R"({"return": [10.06789431502678, 0e400, -0.0, 5e-324, 1e-400, 0.1]})";
    transcript const meaning = {"return without id [1.006789431502678E1,0E0,-0E0,5E-324,0E0,1E-1]"};
    BOOST_TEST(decode_whole(bytes) == meaning);
    BOOST_TEST(decode_each_byte(bytes) == meaning);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (auto const& [text, value] :
         {std::pair(R"({"return": 1e400})", infinity), std::pair(R"({"return": -1e400})", -infinity)}) {
        decoder target;
        std::string_view input = text;
        BOOST_TEST(std::get<return_message>(target.decode(input)).value.as_double() == value);
    }
}

BOOST_AUTO_TEST_CASE(a_message_ends_at_its_brace_and_leaves_the_rest)
{
    decoder target;
    std::string_view input = R"({"return": {}} {"return")";
    BOOST_TEST(describe(target.decode(input)) == "return without id {}");
    BOOST_TEST(input == R"( {"return")");
    BOOST_TEST(describe(target.decode(input)) == "nothing");
    BOOST_TEST(input.empty());
    BOOST_TEST(target.inside_message());
}

BOOST_AUTO_TEST_CASE(no_input_is_no_message)
{
    decoder target;
    std::string_view input;
    BOOST_TEST(describe(target.decode(input)) == "nothing");
    BOOST_TEST(!target.inside_message());
    BOOST_TEST(!target.error());
}

BOOST_AUTO_TEST_SUITE_END()
