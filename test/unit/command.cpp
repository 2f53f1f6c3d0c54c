// A command is a value that holds a name, arguments and options.
#include <coqmp/command.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace json = boost::json;
using coqmp::command;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(command_suite)

BOOST_AUTO_TEST_CASE(a_name_may_be_any_kind_of_text)
{
    BOOST_TEST(command("stop").name() == "stop");
    BOOST_TEST(command("stop"s).name() == "stop");
    BOOST_TEST(command("stop"sv).name() == "stop");
}

BOOST_AUTO_TEST_CASE(a_new_command_is_plain)
{
    command const plain("stop");
    BOOST_TEST(plain.arguments().empty());
    BOOST_TEST(!plain.is_out_of_band());
    BOOST_TEST(!plain.timeout().has_value());
    BOOST_TEST(plain.descriptors().empty());
}

BOOST_AUTO_TEST_CASE(arguments_may_come_as_a_whole)
{
    command const whole("x", json::object{{"a", 1}, {"b", "c"}});
    BOOST_TEST(json::serialize(whole.arguments()) == R"({"a":1,"b":"c"})");
}

BOOST_AUTO_TEST_CASE(arguments_of_every_kind_become_json)
{
    command const mixed = command("x")
                              .with("literal", "text")
                              .with("string", "text"s)
                              .with("view", "text"sv)
                              .with("int", -1)
                              .with("unsigned", 18446744073709551615U)
                              .with("double", 0.5)
                              .with("bool", true)
                              .with("null", nullptr)
                              .with("array", json::array{1, 2})
                              .with("object", json::object{{"a", 1}})
                              .with("value", json::value(3));
    BOOST_TEST(json::serialize(mixed.arguments()) ==
               R"({"literal":"text","string":"text","view":"text","int":-1,"unsigned":18446744073709551615,"double":5E-1,)"
               R"("bool":true,"null":null,"array":[1,2],"object":{"a":1},"value":3})");
}

BOOST_AUTO_TEST_CASE(an_argument_replaces_the_one_of_its_name)
{
    command const twice = command("x").with("a", 1).with("b", 2).with("a", "3");
    BOOST_TEST(json::serialize(twice.arguments()) == R"({"a":"3","b":2})");
}

BOOST_AUTO_TEST_CASE(a_named_command_can_be_added_to)
{
    command named("x");
    BOOST_TEST(&named.with("a", 1) == &named);
    BOOST_TEST(&named.out_of_band() == &named);
    BOOST_TEST(&named.timeout(1s) == &named);
    BOOST_TEST(&named.with_descriptor(coqmp::descriptor(-1)) == &named);
    named.arguments()["b"] = 2;
    BOOST_TEST(json::serialize(named.arguments()) == R"({"a":1,"b":2})");
    BOOST_TEST(named.is_out_of_band());
    BOOST_TEST((named.timeout() == 1s));
    BOOST_TEST(named.descriptors().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_temporary_command_can_be_added_to)
{
    command const made =
        command("x").out_of_band().timeout(0s).with_descriptor(coqmp::descriptor(-1)).with_descriptor(coqmp::descriptor(-1));
    BOOST_TEST(made.is_out_of_band());
    BOOST_TEST((made.timeout() == 0s));
    BOOST_TEST(made.descriptors().size() == 2U);
    static_assert(std::is_same_v<decltype(command("x").with("a", 1)), command>);
    static_assert(std::is_same_v<decltype(command("x").out_of_band()), command>);
    static_assert(std::is_same_v<decltype(command("x").timeout(1s)), command>);
}

namespace {

/// A type of a user's own that json::value_from() knows.
struct throttle
{
    int bps = 0;
};
void tag_invoke(json::value_from_tag, json::value& result, throttle const& limits)
{
    result = json::object{{"bps", limits.bps}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(arguments_can_be_everything_that_value_from_takes)
{
    command const made = command("x")
                             .with("list", std::vector<std::string>{"a", "b"})
                             .with("map", std::map<std::string, int>{{"a", 1}})
                             .with("own", throttle{7})
                             .with("pair", std::make_pair(1, "b"));
    BOOST_TEST(json::serialize(made.arguments()) == R"({"list":["a","b"],"map":{"a":1},"own":{"bps":7},"pair":[1,"b"]})");
}

BOOST_AUTO_TEST_CASE(an_optional_without_a_value_leaves_the_argument_out)
{
    std::optional<int> none;
    command const made = command("x")
                             .with("none", none)
                             .with("null", std::nullopt)
                             .with("some", std::optional(3))
                             .with("text", std::optional<std::string>("t"))
                             .with("replaced", 1)
                             .with("replaced", none);
    BOOST_TEST(json::serialize(made.arguments()) == R"({"some":3,"text":"t"})");
}

BOOST_AUTO_TEST_CASE(an_argument_can_be_left_out_again)
{
    command made = command("x").with("a", 1).with("b", 2).without("a").without("never");
    BOOST_TEST(json::serialize(made.arguments()) == R"({"b":2})");
    BOOST_TEST(&made.without("b") == &made);
    BOOST_TEST(made.arguments().empty());
}

// A reference would dangle.
BOOST_AUTO_TEST_CASE(a_chain_that_begins_with_a_temporary_is_a_value)
{
    auto&& made = command("x").with("a", 1);
    BOOST_TEST(made.name() == "x");
}

BOOST_AUTO_TEST_CASE(a_copy_shares_descriptors_and_nothing_else)
{
    int const number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    command first("add-fd");
    first.with_descriptor(coqmp::descriptor(number));
    command second = first;
    second.with("fdset-id", 1);
    BOOST_TEST(first.arguments().empty());
    BOOST_TEST(second.descriptors().at(0).number() == number);
    first = command("stop");
    BOOST_TEST(::fcntl(number, F_GETFD) >= 0);
    second = command("stop");
    BOOST_TEST(::fcntl(number, F_GETFD) < 0);
}

BOOST_AUTO_TEST_SUITE_END()
