// A reply is a value or an error, never both.
#include <coqmp/reply.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <sstream>
#include <string>
#include <utility>

namespace json = boost::json;
using coqmp::command_error;
using coqmp::reply;

namespace {

std::string printed(reply const& answer)
{
    std::ostringstream out;
    out << answer;
    return out.str();
}

reply failed()
{
    return reply(command_error{"DeviceNotFound", "Device 'x' not found"});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reply_suite)

BOOST_AUTO_TEST_CASE(a_new_reply_is_null)
{
    reply const answer;
    BOOST_TEST(answer.has_value());
    BOOST_TEST(answer.value().is_null());
}

BOOST_AUTO_TEST_CASE(a_reply_with_a_value_has_no_error)
{
    reply const answer{json::value(json::object{{"a", 1}})};
    BOOST_TEST(answer.has_value());
    BOOST_TEST(!answer.has_error());
    BOOST_TEST(static_cast<bool>(answer));
    BOOST_TEST(answer.value().at("a").as_int64() == 1);
    BOOST_TEST(answer.was_sent());
}

BOOST_AUTO_TEST_CASE(asking_for_the_error_of_a_value_throws_a_system_error)
{
    auto const is_misuse = [](boost::system::system_error const& error) {
        return error.code() == boost::system::errc::invalid_argument &&
               std::string(error.what()).starts_with("the reply holds a value, not an error");
    };
    reply const named;
    BOOST_CHECK_EXCEPTION((void)named.error(), boost::system::system_error, is_misuse);
    BOOST_CHECK_EXCEPTION((void)reply().error(), boost::system::system_error, is_misuse);
}

BOOST_AUTO_TEST_CASE(a_reply_that_never_came_is_null_and_says_whether_the_command_was_sent)
{
    for (bool const sent : {false, true}) {
        reply answer = reply::unanswered(sent);
        BOOST_TEST(answer.value().is_null());
        BOOST_TEST(answer.was_sent() == sent);
        reply moved;
        moved = std::move(answer);
        BOOST_TEST(moved.was_sent() == sent);
    }
}

BOOST_AUTO_TEST_CASE(a_reply_with_an_error_has_no_value)
{
    reply const answer = failed();
    BOOST_TEST(!answer.has_value());
    BOOST_TEST(answer.has_error());
    BOOST_TEST(!static_cast<bool>(answer));
    BOOST_TEST((answer.error() == command_error{"DeviceNotFound", "Device 'x' not found"}));
}

BOOST_AUTO_TEST_CASE(asking_for_the_value_of_an_error_throws_qemus_words)
{
    auto const has_the_words = [](boost::system::system_error const& error) {
        return error.what() == std::string("DeviceNotFound: Device 'x' not found") &&
               error.code() == coqmp::error_class::device_not_found;
    };
    reply named = failed();
    BOOST_CHECK_EXCEPTION((void)std::as_const(named).value(), boost::system::system_error, has_the_words);
    BOOST_CHECK_EXCEPTION((void)named.value(), boost::system::system_error, has_the_words);
    BOOST_CHECK_EXCEPTION((void)failed().value(), boost::system::system_error, has_the_words);
}

BOOST_AUTO_TEST_CASE(a_value_can_be_changed_and_moved_out)
{
    reply answer{json::value("a text that is longer than what fits into the value itself")};
    answer.value() = json::object{{"a", "b"}};
    json::value const taken = std::move(answer).value();
    BOOST_TEST(taken.at("a").as_string() == "b");
}

BOOST_AUTO_TEST_CASE(an_error_can_be_moved_out)
{
    command_error const taken = failed().error();
    BOOST_TEST(taken.class_name == "DeviceNotFound");
}

BOOST_AUTO_TEST_CASE(move_assignment_takes_the_json_over_from_another_memory_resource)
{
    json::storage_ptr const memory = json::make_shared_resource<json::monotonic_resource>();
    reply answer;
    answer = reply{json::value(json::object{{"a", 1}}, memory)};
    BOOST_TEST((answer.value().storage().get() == memory.get()));
    answer = failed();
    BOOST_TEST(answer.has_error());
}

BOOST_AUTO_TEST_CASE(replies_compare)
{
    BOOST_TEST((reply() == reply{json::value()}));
    BOOST_TEST((reply{json::value(1)} != reply{json::value(2)}));
    BOOST_TEST((failed() == failed()));
    BOOST_TEST((failed() != reply()));
}

BOOST_AUTO_TEST_CASE(a_reply_prints_as_json_or_as_the_error)
{
    BOOST_TEST(printed(reply()) == "null");
    BOOST_TEST(printed(reply{json::value(json::object{{"a", "b"}})}) == R"({"a":"b"})");
    json::value const infinite = json::array{json::object{},
                                             json::object{{"a\"", -std::numeric_limits<double>::infinity()}},
                                             std::numeric_limits<double>::infinity(),
                                             json::array{},
                                             "inf",
                                             1.5};
    BOOST_TEST(printed(reply{infinite}) == R"([{},{"a\"":-1e999},1e999,[],"inf",1.5E0])");
    BOOST_TEST(printed(failed()) == "DeviceNotFound: Device 'x' not found");
}

BOOST_AUTO_TEST_SUITE_END()
