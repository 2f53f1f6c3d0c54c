// What a server sends, byte for byte: the samples are the answers of QEMU 7.2.22.
#include "protocol/server_message.hpp"

#include "protocol/ascii_json.hpp"
#include "protocol/server_output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace coqmp;
using namespace coqmp::protocol;
using namespace std::string_literals;

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
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {
        {nullptr, "null"},
        {true, "true"},
        {false, "false"},
        {0, "0"},
        {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
        {std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
        {0.1, "0.1"},
        {1.5, "1.5"},
        {100.0, "100"},
        {1e300, "1e+300"},
        {infinity, "1e999"},
        {-infinity, "-1e999"},
        {std::numeric_limits<double>::quiet_NaN(), "null"},
        {"", R"("")"},
        {"a/b 'c'", R"("a/b 'c'")"},
        {"\"\\\b\f\n\r\t", R"("\"\\\b\f\n\r\t")"},
        {json::string_view("\0\x01\x1b\x7f", 4), R"("\u0000\u0001\u001B\u007F")"},
        {"äß€🐸", R"("\u00E4\u00DF\u20AC\uD83D\uDC38")"},
        {json::array(), "[]"},
        {json::array{1, "a", json::array{json::object()}}, R"([1, "a", [{}]])"},
        {json::object(), "{}"},
        {json::object{{"b", 1}, {"ä", json::array{true}}}, R"({"b": 1, "\u00E4": [true]})"},
    };
}

struct text_sample
{
    std::string bytes;
    std::string text;
};

std::ostream& operator<<(std::ostream& out, text_sample const& what)
{
    return out << what.text;
}

/// Measured as descriptions of QEMU's errors.
std::vector<text_sample> texts_that_are_not_utf8()
{
    return {
        {"\xff", R"("\uFFFD")"},
        {"\xff\xfe", R"("\uFFFD\uFFFD")"},
        {"\x80\x80"
         "a",
         R"("\uFFFD\uFFFDa")"},
        {"\xc3\x80\x80\xff", R"("\u00C0\uFFFD\uFFFD")"},
        {"\xe2\x82\xff", R"("\uFFFD\uFFFD")"},
        {"\xf0\x9f(\xff", R"("\uFFFD(\uFFFD")"},
        {"\xf8\x88\x80\x80\x80\xff", R"("\uFFFD\uFFFD")"},
        {"\xc0\x80"
         "a\xff",
         R"("\u0000a\uFFFD")"},
        {"\xed\xa0\x80\xff", R"("\uFFFD\uFFFD")"},
        {"\xef\xbf\xbf\xff", R"("\uFFFD\uFFFD")"},
        {"\xe2\x01", R"("\uFFFD\u0001")"},
        {"a\xe2", R"("a\uFFFD")"},
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_message_suite, *boost::unit_test::timeout(100))

BOOST_DATA_TEST_CASE(a_value_is_written_as_by_qemu, data::make(values()), sample)
{
    std::string output = "before";
    append_ascii(output, sample.value);
    BOOST_TEST(output == "before" + sample.text);
}

BOOST_DATA_TEST_CASE(what_is_not_utf8_is_replaced, data::make(texts_that_are_not_utf8()), sample)
{
    std::string output;
    append_ascii_text(output, sample.bytes);
    BOOST_TEST(output == sample.text);
}

BOOST_AUTO_TEST_CASE(a_greeting_is_that_of_qemu)
{
    greeting what;
    what.version = {7, 2, 22, "Debian 1:7.2+dfsg-7+deb12u18+b3", {}};
    what.capabilities = {"oob"};
    BOOST_TEST(greeting_text(what) ==
               "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, \"package\": "
               "\"Debian 1:7.2+dfsg-7+deb12u18+b3\"}, \"capabilities\": [\"oob\"]}}\r\n");
}

BOOST_AUTO_TEST_CASE(a_greeting_may_offer_nothing_or_much)
{
    greeting what;
    BOOST_TEST(greeting_text(what) ==
               "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 0}, \"package\": "
               "\"\"}, \"capabilities\": []}}\r\n");
    what.capabilities = {"a", "\"b\""};
    BOOST_TEST(greeting_text(what).ends_with("\"capabilities\": [\"a\", \"\\\"b\\\"\"]}}\r\n"));
}

BOOST_AUTO_TEST_CASE(an_id_follows_a_return_and_comes_before_an_error)
{
    BOOST_TEST(return_text("", "{}") == "{\"return\": {}}\r\n");
    BOOST_TEST(return_text("1e400", "[1]") == "{\"return\": [1], \"id\": 1e400}\r\n");
    BOOST_TEST(error_text("", {"GenericError", "no\n"}) == "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\\n\"}}\r\n");
    BOOST_TEST(error_text("{}", {"A", "b"}) == "{\"id\": {}, \"error\": {\"class\": \"A\", \"desc\": \"b\"}}\r\n");
}

BOOST_AUTO_TEST_CASE(an_event_has_its_timestamp_first)
{
    event what;
    what.name = "SHUTDOWN";
    what.data = {{"guest", false}, {"reason", "host-qmp-quit"}};
    what.timestamp = std::chrono::system_clock::time_point(std::chrono::microseconds(1796051948195258));
    BOOST_TEST(event_text(what) ==
               "{\"timestamp\": {\"seconds\": 1796051948, \"microseconds\": 195258}, \"event\": \"SHUTDOWN\", "
               "\"data\": {\"guest\": false, \"reason\": \"host-qmp-quit\"}}\r\n");
}

BOOST_AUTO_TEST_CASE(an_event_may_have_neither_data_nor_a_time)
{
    event what;
    what.name = "STOP";
    BOOST_TEST(event_text(what) == "{\"timestamp\": {\"seconds\": -1, \"microseconds\": -1}, \"event\": \"STOP\"}\r\n");
}

BOOST_AUTO_TEST_CASE(a_time_before_the_epoch_has_positive_microseconds)
{
    event what;
    what.name = "STOP";
    what.timestamp = std::chrono::system_clock::time_point(std::chrono::microseconds(-1));
    BOOST_TEST(event_text(what) == "{\"timestamp\": {\"seconds\": -1, \"microseconds\": 999999}, \"event\": \"STOP\"}\r\n");
}

BOOST_AUTO_TEST_CASE(output_to_a_client_that_reads_slowly_is_complete_and_in_order)
{
    server_output output;
    std::string expected;
    std::string seen;
    for (int count = 0; count < 20'000; ++count) {
        std::string const message = std::to_string(count) + ";";
        output.append(message);
        expected += message;
        if (count < 1000)
            continue;  // from now on a thousand messages wait
        seen += output.unsent().substr(0, message.size());
        output.sent(message.size());
        BOOST_REQUIRE(output.size() < 10'000U);
    }
    seen += output.unsent();
    BOOST_TEST(seen == expected);
}

BOOST_AUTO_TEST_SUITE_END()
