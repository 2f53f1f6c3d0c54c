// What query-qmp-schema says, from QEMU 2.5 to today's, and what it never should.
#include "language/schema.hpp"

#include "language/explain/help.hpp"
#include "sample_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using namespace qmp_shell;
using qmp_shell::test::sample_schema;

namespace {

member const& member_of(type const& object, std::string_view name, std::string_view variant = {})
{
    auto const found = std::find_if(object.members.begin(), object.members.end(), [&](member const& each) {
        return each.name == name && (variant.empty() ? !each.when : each.when && each.when->second == variant);
    });
    BOOST_TEST_REQUIRE((found != object.members.end()));
    return *found;
}

type const& arguments_of(schema const& known, std::string_view command)
{
    command_entry const* found = known.find_command(command);
    BOOST_TEST_REQUIRE((found != nullptr));
    return *found->arguments;
}

/// Schemas that no QEMU sends.
std::vector<std::string> nonsense()
{
    return {
        "null",
        "5",
        "{}",
        "[]",
        "[null, 5, \"a\", [], {}]",
        R"([{"name": "a"}])",
        R"([{"meta-type": "command"}])",
        R"([{"meta-type": "command", "name": 5}])",
        R"([{"meta-type": "command", "name": "c", "arg-type": 5, "ret-type": null}])",
        R"([{"meta-type": "command", "name": "c", "arg-type": "missing", "ret-type": "missing"}])",
        R"([{"meta-type": "command", "name": "c", "arg-type": "c", "ret-type": "c"}])",
        R"([{"meta-type": "nonsense", "name": "n"}, {"meta-type": "command", "name": "c", "arg-type": "n"}])",
        R"([{"meta-type": "command", "name": "c"}, {"meta-type": "command", "name": "c"}])",
        R"([{"meta-type": "command", "name": "c", "allow-oob": "yes", "features": {"a": 1}}])",
        R"([{"meta-type": "command", "name": "c", "features": [5, null]}])",
        R"([{"meta-type": "builtin", "name": "b"}, {"meta-type": "command", "name": "c", "arg-type": "b"}])",
        R"([{"meta-type": "builtin", "name": "b", "json-type": "colour"}])",
        R"([{"meta-type": "enum", "name": "e"}, {"meta-type": "command", "name": "c", "arg-type": "e"}])",
        R"([{"meta-type": "enum", "name": "e", "values": [1, null, "a"], "members": [1, {"name": 2}]}])",
        R"([{"meta-type": "array", "name": "a"}, {"meta-type": "command", "name": "c", "arg-type": "a", "ret-type": "a"}])",
        R"([{"meta-type": "array", "name": "a", "element-type": "a"}, {"meta-type": "command", "name": "c", "arg-type": "a", "ret-type": "a"}])",
        R"([{"meta-type": "alternate", "name": "a", "members": [{"type": "a"}, 5, {}]}, {"meta-type": "command", "name": "c", "arg-type": "a", "ret-type": "a"}])",
        R"([{"meta-type": "object", "name": "o", "members": 5, "variants": 5, "tag": 5}, {"meta-type": "command", "name": "c", "arg-type": "o"}])",
        R"([{"meta-type": "object", "name": "o", "members": [5, {}, {"name": "m"}, {"type": "o"}]}, {"meta-type": "command", "name": "c", "arg-type": "o", "ret-type": "o"}])",
        R"([{"meta-type": "object", "name": "o", "members": [{"name": "m", "type": "o"}]}, {"meta-type": "command", "name": "c", "arg-type": "o", "ret-type": "o"}])",
        R"([{"meta-type": "object", "name": "o", "members": [{"name": "t", "type": "o"}], "tag": "t", "variants": [{"case": "x", "type": "o"}, {"case": "y", "type": "o"}, {"case": 1, "type": "z"}]}, {"meta-type": "command", "name": "c", "arg-type": "o", "ret-type": "o"}])",
        R"([{"meta-type": "object", "name": "o", "tag": "t", "variants": [{"case": "x", "type": "missing"}, 7]}, {"meta-type": "event", "name": "E", "arg-type": "o"}])",
        R"([{"meta-type": "event", "name": "E"}, {"meta-type": "event", "name": "F", "arg-type": "gone"}])"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_suite)

BOOST_AUTO_TEST_CASE(an_empty_schema_knows_nothing)
{
    schema const known;
    BOOST_TEST(known.empty());
    BOOST_TEST((known.find_command("stop") == nullptr));
    BOOST_TEST((known.find_event("STOP") == nullptr));
    BOOST_TEST(known.command_names().empty());
    BOOST_TEST(known.event_names().empty());
}

BOOST_AUTO_TEST_CASE(names_are_sorted)
{
    std::vector<std::string> const commands = sample_schema().command_names();
    BOOST_TEST(std::is_sorted(commands.begin(), commands.end()));
    BOOST_TEST(commands.size() == 19U);
    BOOST_TEST(sample_schema().event_names() == (std::vector<std::string>{"SHUTDOWN", "STOP"}), boost::test_tools::per_element());
    BOOST_TEST(!sample_schema().empty());
}

BOOST_AUTO_TEST_CASE(a_command_has_features)
{
    BOOST_TEST(sample_schema().find_command("yank")->out_of_band);
    BOOST_TEST(!sample_schema().find_command("stop")->out_of_band);
    BOOST_TEST(sample_schema().find_command("old-one")->deprecated);
    BOOST_TEST(!sample_schema().find_command("old-one")->unstable);
    BOOST_TEST(sample_schema().find_command("x-new-one")->unstable);
    BOOST_TEST(!sample_schema().find_command("stop")->deprecated);
}

BOOST_AUTO_TEST_CASE(every_kind_of_type_is_known)
{
    type const& what = arguments_of(sample_schema(), "sample");
    auto const kind_of = [&what](std::string_view name) { return member_of(what, name).what->kind; };
    BOOST_TEST((kind_of("text") == kind::string));
    BOOST_TEST((kind_of("count") == kind::integer));
    BOOST_TEST((kind_of("flag") == kind::boolean));
    BOOST_TEST((kind_of("ratio") == kind::number));
    BOOST_TEST((kind_of("nothing") == kind::null));
    BOOST_TEST((kind_of("anything") == kind::any));
    BOOST_TEST((kind_of("mode") == kind::enumeration));
    BOOST_TEST((kind_of("names") == kind::array));
    BOOST_TEST((kind_of("whence") == kind::alternate));
    BOOST_TEST((kind_of("nested") == kind::object));
    BOOST_TEST((member_of(what, "names").what->element->kind == kind::string));
    BOOST_TEST(member_of(what, "mode").what->values == (std::vector<std::string>{"full", "top", "none"}),
               boost::test_tools::per_element());
    BOOST_TEST(member_of(what, "whence").what->alternatives.size() == 2U);
}

BOOST_AUTO_TEST_CASE(required_members_come_first_and_variants_last)
{
    type const& what = arguments_of(sample_schema(), "blockdev-add");
    std::vector<std::string> names;
    for (member const& each : what.members)
        names.push_back(each.name);
    BOOST_TEST(names == (std::vector<std::string>{"driver", "read-only", "node-name", "cache", "filename", "locking", "file",
                                                  "backing", "size", "server", "size", "size", "read-zeroes"}),
               boost::test_tools::per_element());
    BOOST_TEST(what.discriminator == "driver");
}

BOOST_AUTO_TEST_CASE(members_of_a_variant_say_when_they_exist)
{
    type const& what = arguments_of(sample_schema(), "blockdev-add");
    BOOST_TEST((member_of(what, "size", "nbd").what->kind == kind::string));
    BOOST_TEST((member_of(what, "size", "qcow2").what->kind == kind::integer));
    BOOST_TEST(member_of(what, "size", "nbd").when->first == "driver");
    BOOST_TEST(!member_of(what, "driver").optional);
    BOOST_TEST(member_of(what, "node-name").optional);
}

BOOST_AUTO_TEST_CASE(types_may_go_round_in_circles)
{
    type const* what = member_of(arguments_of(sample_schema(), "sample"), "nested").what;
    BOOST_TEST((member_of(*what, "deeper").what == what));
}

BOOST_AUTO_TEST_CASE(types_stay_where_they_are_when_the_schema_moves)
{
    schema first(qmp_shell::test::sample_reply());
    command_entry const* before = first.find_command("blockdev-add");
    type const* arguments = before->arguments;
    schema const second(std::move(first));
    BOOST_TEST((second.find_command("blockdev-add") == before));
    BOOST_TEST((before->arguments == arguments));
    schema third;
    third = schema(qmp_shell::test::sample_reply());
    BOOST_TEST(!third.empty());
}

BOOST_AUTO_TEST_CASE(members_and_their_features)
{
    schema const known(json::parse(R"([
        {"meta-type": "builtin", "name": "str", "json-type": "string"},
        {"meta-type": "object", "name": "0", "members": [
            {"name": "a", "type": "str", "default": null, "features": ["deprecated"]},
            {"name": "b", "type": "str", "features": ["unstable", "other"]}]},
        {"meta-type": "command", "name": "c", "arg-type": "0", "ret-type": "0"}])"));
    type const& what = arguments_of(known, "c");
    BOOST_TEST(member_of(what, "a").deprecated);
    BOOST_TEST(!member_of(what, "a").unstable);
    BOOST_TEST(member_of(what, "b").unstable);
    BOOST_TEST(what.members.front().name == "b");
}

BOOST_AUTO_TEST_CASE(an_enumeration_of_an_old_qemu_has_only_values)
{
    schema const known(json::parse(R"([
        {"meta-type": "enum", "name": "1", "values": ["x", "y"]},
        {"meta-type": "enum", "name": "2", "members": [{"name": "x"}, {"name": "z", "features": ["deprecated"]}]},
        {"meta-type": "object", "name": "0", "members": [{"name": "old", "type": "1"}, {"name": "new", "type": "2"}]},
        {"meta-type": "command", "name": "c", "arg-type": "0", "ret-type": "0"}])"));
    type const& what = arguments_of(known, "c");
    BOOST_TEST(describe(*member_of(what, "old").what) == R"("x"|"y")");
    BOOST_TEST(describe(*member_of(what, "new").what) == R"("x"|"z")");
}

BOOST_AUTO_TEST_CASE(a_union_may_be_a_variant_of_a_union)
{
    schema const known(json::parse(R"([
        {"meta-type": "builtin", "name": "str", "json-type": "string"},
        {"meta-type": "object", "name": "0", "members": [{"name": "outer", "type": "str"}], "tag": "outer",
         "variants": [{"case": "x", "type": "1"}]},
        {"meta-type": "object", "name": "1", "members": [{"name": "inner", "type": "str"}], "tag": "inner",
         "variants": [{"case": "y", "type": "2"}]},
        {"meta-type": "object", "name": "2", "members": [{"name": "leaf", "type": "str"}]},
        {"meta-type": "command", "name": "c", "arg-type": "0", "ret-type": "0"}])"));
    type const& what = arguments_of(known, "c");
    BOOST_TEST(member_of(what, "inner", "x").when->first == "outer");
    BOOST_TEST(member_of(what, "leaf", "y").when->first == "inner");
}

BOOST_AUTO_TEST_CASE(a_command_and_a_type_may_have_the_same_name)
{
    schema const known(json::parse(R"([
        {"meta-type": "command", "name": "x", "arg-type": "x", "ret-type": "x"},
        {"meta-type": "object", "name": "x", "members": [{"name": "a", "type": "y"}]},
        {"meta-type": "event", "name": "x", "arg-type": "x"}])"));
    BOOST_TEST((arguments_of(known, "x").kind == kind::object));
    BOOST_TEST((known.find_event("x")->data->kind == kind::object));
    BOOST_TEST((member_of(arguments_of(known, "x"), "a").what->kind == kind::any));
}

BOOST_DATA_TEST_CASE(nonsense_is_left_out, data::make(nonsense()), text)
{
    schema const known(json::parse(text));
    for (std::string const& name : known.command_names()) {
        BOOST_TEST((known.find_command(name)->arguments != nullptr));
        BOOST_TEST((known.find_command(name)->returns != nullptr));
        BOOST_TEST(!describe_command(known, name, 80).empty());
    }
    for (std::string const& name : known.event_names()) {
        BOOST_TEST((known.find_event(name)->data != nullptr));
        BOOST_TEST(!describe_event(known, name, 80).empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
