// What a client of a proxy sees of QEMU's commands.
#include "proxy/visible_commands.hpp"

#include <coqmp/monitor_policy.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::monitor_policy;
using coqmp::proxy::lists_commands;
using coqmp::proxy::visible_commands;

namespace {

/// Allows `stop` and `cont`.
monitor_policy pausing()
{
    return monitor_policy("pausing").allow("stop").allow("cont");
}

std::string visible(std::string_view answer, monitor_policy const& policy = pausing())
{
    return json::serialize(visible_commands(json::parse(json::string_view(answer)), policy));
}

/// How often each kind of entry occurs, and the names of the commands.
struct summary
{
    explicit summary(json::value const& schema)
    {
        for (json::value const& each : schema.as_array()) {
            std::string const kind(each.at("meta-type").as_string());
            ++kinds[kind];
            if (kind == "command")
                commands.emplace(each.at("name").as_string());
        }
    }

    std::map<std::string, int> kinds;
    std::set<std::string> commands;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(visible_commands_are)

BOOST_AUTO_TEST_CASE(in_two_answers)
{
    BOOST_TEST(lists_commands("query-commands"));
    BOOST_TEST(lists_commands("query-qmp-schema"));
    for (char const* const other : {"query-events", "query-version", ""})
        BOOST_TEST(!lists_commands(other));
}

BOOST_AUTO_TEST_CASE(those_of_the_list_that_are_allowed)
{
    BOOST_TEST(visible(R"([{"name": "quit"}, {"name": "stop"}, {"name": "x"}, {"name": "cont"}])") ==
               R"([{"name":"stop"},{"name":"cont"}])");
    BOOST_TEST(visible(R"([{"name": "quit"}])") == "[]");
    BOOST_TEST(visible("[]") == "[]");
}

BOOST_AUTO_TEST_CASE(those_of_the_schema_beside_all_types_and_events)
{
    BOOST_TEST(visible(R"([{"name": "quit", "meta-type": "command", "arg-type": "0"},
                           {"name": "stop", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
                           {"name": "quit", "meta-type": "event", "arg-type": "0"},
                           {"name": "0", "meta-type": "object", "members": []}])") ==
               R"([{"name":"stop","meta-type":"command","arg-type":"0","ret-type":"0"},)"
               R"({"name":"quit","meta-type":"event","arg-type":"0"},{"name":"0","meta-type":"object","members":[]}])");
}

BOOST_AUTO_TEST_CASE(never_what_has_another_form)
{
    BOOST_TEST(
        visible(R"(["quit", 3, null, [], {}, {"name": 3}, {"name": ["stop"]}, {"meta-type": "command"}, {"name": "stop"}])") ==
        R"([{"name":"stop"}])");
}

BOOST_AUTO_TEST_CASE(unchanged_in_another_answer)
{
    for (char const* const other : {"{}", "3", R"({"name":"quit"})"})
        BOOST_TEST(visible(other) == other);
}

BOOST_AUTO_TEST_CASE(all_if_everything_is_allowed)
{
    BOOST_TEST(visible(R"([{"name":"quit"},3])", monitor_policy::all()) == R"([{"name":"quit"},3])");
}

BOOST_DATA_TEST_CASE(those_of_a_real_schema_that_are_allowed, data::make(monitor_policy::built_in_names()), name)
{
    std::ifstream in(std::filesystem::path(COQMP_TEST_SCHEMAS) / "qemu-7.2-debian.json");
    json::value const schema = json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
    auto const policy = monitor_policy::named(name);
    BOOST_REQUIRE(policy.has_value());
    summary const before(schema);
    summary const after(visible_commands(schema, *policy));
    for (std::string const& each : before.commands)
        BOOST_TEST(after.commands.contains(each) == policy->allows(each), each);
    for (auto const& [kind, count] : before.kinds)
        if (kind != "command")
            BOOST_TEST(after.kinds.at(kind) == count, kind);
}

BOOST_AUTO_TEST_SUITE_END()
