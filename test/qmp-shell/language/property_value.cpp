// device_add: the schema knows three of its arguments, device-list-properties the rest.
#include "language/read/property_value.hpp"
#include "statements.hpp"
#include "support/sample_schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace qmp_shell;
using namespace qmp_shell::test;
using coqmp::test::sample_schema;

namespace {

json::value properties()
{
    return json::parse(R"([
        {"name": "mq", "type": "bool", "description": "on/off"},
        {"name": "addr", "type": "int32", "description": "Slot and optional function number, example: 06.0 or 06"},
        {"name": "bootindex", "type": "int32"},
        {"name": "queues", "type": "uint16"},
        {"name": "cache", "type": "size"},
        {"name": "serial", "type": "str"},
        {"name": "disable-legacy", "type": "OnOffAuto", "description": "on/off/auto"},
        {"name": "odd"},
        5, null, {"type": "bool"}])");
}

std::vector<sample> arguments()
{
    return {{"mq=on", R"("mq": true)"},
            {"mq=off", R"("mq": false)"},
            {"mq=true", R"("mq": true)"},
            {"mq=perhaps", R"("mq": "perhaps")"},
            {"mq=\"on\"", R"("mq": "on")"},
            {"mq:=\"on\"", R"("mq": "on")"},
            {"addr=5", R"("addr": "5")"},
            {"addr=5.0", R"("addr": "5.0")"},
            {"addr=0x5", R"("addr": "0x5")"},
            {"addr:=5", R"("addr": 5)"},
            {"bootindex=1", R"("bootindex": 1)"},
            {"bootindex=-1", R"("bootindex": -1)"},
            {"queues=0x4", R"("queues": 4)"},
            {"queues=many", R"("queues": "many")"},
            {"cache=1M", R"("cache": 1048576)"},
            {"serial=007", R"("serial": "007")"},
            {"serial=5", R"("serial": "5")"},
            {"serial=1e3", R"("serial": "1e3")"},
            {"serial=true", R"("serial": "true")"},
            {"disable-legacy=on", R"("disable-legacy": "on")"},
            {"odd=5", R"("odd": 5)"},
            {"unknown=5", R"("unknown": 5)"},
            {"id=5", R"("id": "5")"}};
}

std::string typed(std::string const& line, json::value const& known)
{
    line_reader reader;
    reader.use(&sample_schema());
    statement what = reader.read(line);
    auto* command = std::get_if<typed_command>(&what);
    BOOST_TEST_REQUIRE((command != nullptr));
    type_by_properties(*command, known);
    return in_words(what);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_suite)

BOOST_DATA_TEST_CASE(a_property_gets_its_type, data::make(arguments()), argument)
{
    BOOST_TEST(typed("device_add driver=x " + argument.typed, properties()) ==
               R"(device_add {"driver": "x", )" + argument.meaning + '}');
}

BOOST_AUTO_TEST_CASE(nonsense_about_properties_changes_nothing)
{
    for (char const* text : {"null", "{}", "[]", "[5]", R"([{"name": 5, "type": 5}])", R"([{"name": "mq", "type": []}])"})
        BOOST_TEST(typed("device_add driver=x mq=on", json::parse(text)) == R"(device_add {"driver": "x", "mq": "on"})");
}

BOOST_AUTO_TEST_CASE(a_text_becomes_what_the_property_is)
{
    BOOST_TEST((value_of_property("bool", "on") == boost::json::value(true)));
    BOOST_TEST((value_of_property("bool", "False") == boost::json::value(false)));
    BOOST_TEST((value_of_property("bool", "TRUE") == boost::json::value(true)));
    BOOST_TEST((value_of_property("bool", "0") == boost::json::value(false)));
    BOOST_TEST(!value_of_property("bool", "perhaps").has_value());
    BOOST_TEST((value_of_property("uint32", "7") == boost::json::value(7)));
    BOOST_TEST((value_of_property("int", "-7") == boost::json::value(-7)));
    BOOST_TEST(!value_of_property("size", "many").has_value());
    BOOST_TEST((value_of_property("size", "1.5K") == boost::json::value(1536)));
    BOOST_TEST((value_of_property("uint64", "0x10") == boost::json::value(16)));
    BOOST_TEST((value_of_property("string", "7") == boost::json::value("7")));
    BOOST_TEST((value_of_property("link<x>", "/a/b") == boost::json::value("/a/b")));
    BOOST_TEST((value_of_property("OnOffAuto", "auto") == boost::json::value("auto")));
    BOOST_TEST(value_of_property("struct tm", "{\"a\": 1}")->is_object());
}

BOOST_AUTO_TEST_SUITE_END()
