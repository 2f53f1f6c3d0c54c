// Which events a client of a proxy has chosen.
#include "proxy/event_choice.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::proxy::event_choice;

namespace {

/// What the client is answered: empty if the choice is accepted.
std::string execute(event_choice& choice, std::string_view arguments)
{
    auto const refused = choice.execute(json::parse(json::string_view(arguments)).as_object());
    return refused ? refused->class_name + ": " + refused->description : std::string();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_event_choice)

BOOST_AUTO_TEST_CASE(is_everything_at_first)
{
    event_choice const choice;
    BOOST_TEST(choice.includes("SHUTDOWN"));
    BOOST_TEST(choice.includes(""));
}

BOOST_AUTO_TEST_CASE(includes_what_is_named_and_nothing_else)
{
    event_choice choice;
    BOOST_TEST(execute(choice, R"({"names": ["SHUTDOWN", "RESET", "SHUTDOWN", "A_LATER_EVENT"]})") == "");
    for (char const* const name : {"SHUTDOWN", "RESET", "A_LATER_EVENT"})
        BOOST_TEST(choice.includes(name));
    for (char const* const name : {"STOP", "shutdown", "SHUTDOWN ", "SHUT", ""})
        BOOST_TEST(!choice.includes(name));
}

BOOST_AUTO_TEST_CASE(may_be_nothing)
{
    event_choice choice;
    BOOST_TEST(execute(choice, R"({"names": []})") == "");
    BOOST_TEST(!choice.includes("SHUTDOWN"));
}

BOOST_AUTO_TEST_CASE(lets_every_gap_pass)
{
    event_choice choice;
    BOOST_TEST(execute(choice, R"({"names": ["SHUTDOWN"]})") == "");
    BOOST_TEST(choice.includes("__org.coqmp_GAP"));
    BOOST_TEST(execute(choice, R"({"names": []})") == "");
    BOOST_TEST(choice.includes("__org.coqmp_GAP"));
}

BOOST_AUTO_TEST_CASE(replaces_the_one_before)
{
    event_choice choice;
    BOOST_TEST(execute(choice, R"({"names": ["SHUTDOWN"]})") == "");
    BOOST_TEST(execute(choice, R"({"names": ["RESET"]})") == "");
    BOOST_TEST(choice.includes("RESET"));
    BOOST_TEST(!choice.includes("SHUTDOWN"));
}

BOOST_DATA_TEST_CASE(can_be_everything_again, data::make({"{}", R"({"names": null})"}), arguments)
{
    event_choice choice;
    BOOST_TEST(execute(choice, R"({"names": ["SHUTDOWN"]})") == "");
    BOOST_TEST(execute(choice, arguments) == "");
    BOOST_TEST(choice.includes("RESET"));
}

struct malformed
{
    char const* arguments;
    char const* words;
    friend std::ostream& operator<<(std::ostream& out, malformed const& each) { return out << each.arguments; }
};

malformed const samples[] = {
    {R"({"names": "SHUTDOWN"})", "Invalid parameter type for 'names', expected: array"},
    {R"({"names": 3})", "Invalid parameter type for 'names', expected: array"},
    {R"({"names": {"0": "SHUTDOWN"}})", "Invalid parameter type for 'names', expected: array"},
    {R"({"names": [3]})", "Invalid parameter type for 'names[0]', expected: string"},
    {R"({"names": ["SHUTDOWN", null]})", "Invalid parameter type for 'names[1]', expected: string"},
    {R"({"name": ["SHUTDOWN"]})", "Parameter 'name' is unexpected"},
    {R"({"names": ["RESET"], "more": 1})", "Parameter 'more' is unexpected"},
    {R"({"names": null, "more": 1})", "Parameter 'more' is unexpected"},
};

BOOST_DATA_TEST_CASE(that_is_malformed_changes_nothing, data::make(samples), sample)
{
    event_choice choice;
    BOOST_TEST(execute(choice, R"({"names": ["SHUTDOWN"]})") == "");
    BOOST_TEST(execute(choice, sample.arguments) == std::string("GenericError: ") + sample.words);
    BOOST_TEST(choice.includes("SHUTDOWN"));
    BOOST_TEST(!choice.includes("RESET"));
}

BOOST_AUTO_TEST_CASE(is_bounded)
{
    event_choice choice;
    std::string const name(8000, 'X');
    BOOST_TEST(execute(choice, R"({"names": [")" + name + R"("]})") == "");
    BOOST_TEST(execute(choice, R"({"names": [")" + name + name + R"("]})") == "GenericError: Parameter 'names' is too long");
    std::string many = R"({"names": ["")";
    for (int count = 0; count < 1000; ++count)
        many += R"(, "")";
    BOOST_TEST(execute(choice, many + "]}") == "GenericError: Parameter 'names' is too long");
    BOOST_TEST(choice.includes(name));
}

BOOST_AUTO_TEST_SUITE_END()
