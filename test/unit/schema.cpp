// A schema is read tolerantly, and answers what a QEMU has.
#include <coqmp/schema.hpp>
#include <coqmp/unexpected_value.hpp>

#include "support/sample_schema.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::schema;
using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;
using coqmp::unexpected_value;
using coqmp::test::sample_schema;
using coqmp::test::walk_through;

namespace {

schema_member member_of(schema_type const& object, std::string_view name, std::string_view variant = {})
{
    for (schema_member const& each : object.all_members())
        if (each.name() == name && (variant.empty() ? !each.when() : each.when() && each.when()->value == variant))
            return each;
    throw std::runtime_error("there is no member " + std::string(name));
}

schema_type arguments_of(schema const& known, std::string_view command)
{
    return known.find_command(command).value().arguments();
}

std::vector<std::string> names_of(std::vector<schema_member> const& members)
{
    std::vector<std::string> result;
    for (schema_member const& each : members)
        result.emplace_back(each.name());
    return result;
}

/// Schemas that no QEMU sends.
std::vector<std::string> nonsense()
{
    return {
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

std::string failure(std::string_view text)
try {
    (void)schema::parse(text);
    return "none";
} catch (unexpected_value const& error) {
    return error.what();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_suite)

BOOST_AUTO_TEST_CASE(an_empty_schema_knows_nothing)
{
    schema const known;
    BOOST_TEST(known.empty());
    BOOST_TEST(!known.find_command("stop").has_value());
    BOOST_TEST(!known.find_event("STOP").has_value());
    BOOST_TEST(!known.has_command("stop"));
    BOOST_TEST(!known.has_argument("stop", "x"));
    BOOST_TEST(!known.has_event("STOP"));
    BOOST_TEST(known.commands().empty());
    BOOST_TEST(known.command_names().empty());
    BOOST_TEST(known.event_names().empty());
    BOOST_TEST(known.memory() == 0U);
}

BOOST_AUTO_TEST_CASE(an_unknown_type_has_nothing)
{
    schema_type const unknown;
    BOOST_TEST(!unknown);
    BOOST_TEST(unknown.kind() == schema_kind::any);
    BOOST_TEST(unknown.values().empty());
    BOOST_TEST(!unknown.has_value("x"));
    BOOST_TEST(!unknown.element());
    BOOST_TEST(unknown.alternatives().empty());
    BOOST_TEST(!unknown.as(schema_kind::object));
    BOOST_TEST(unknown.members().empty());
    BOOST_TEST(unknown.all_members().empty());
    BOOST_TEST(unknown.tag().empty());
    BOOST_TEST(!unknown.variant("x"));
    BOOST_TEST(!unknown.has_member("x"));
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
    schema const& known = sample_schema();
    BOOST_TEST(known.find_command("yank")->allows_out_of_band());
    BOOST_TEST(!known.find_command("stop")->allows_out_of_band());
    BOOST_TEST(known.has_feature("old-one", "deprecated"));
    BOOST_TEST(!known.has_feature("old-one", "unstable"));
    BOOST_TEST(known.find_command("x-new-one")->has_feature("unstable"));
    BOOST_TEST((known.find_command("x-new-one")->features() == std::vector<std::string_view>{"unstable"}));
    BOOST_TEST(!known.has_feature("stop", "deprecated"));
    BOOST_TEST(!known.has_feature("no-such", "deprecated"));
}

BOOST_AUTO_TEST_CASE(every_kind_of_type_is_known)
{
    schema_type const what = arguments_of(sample_schema(), "sample");
    auto const kind_of = [&what](std::string_view name) { return member_of(what, name).type().kind(); };
    BOOST_TEST(kind_of("text") == schema_kind::string);
    BOOST_TEST(kind_of("count") == schema_kind::integer);
    BOOST_TEST(kind_of("flag") == schema_kind::boolean);
    BOOST_TEST(kind_of("ratio") == schema_kind::number);
    BOOST_TEST(kind_of("nothing") == schema_kind::null);
    BOOST_TEST(kind_of("anything") == schema_kind::any);
    BOOST_TEST(kind_of("mode") == schema_kind::enumeration);
    BOOST_TEST(kind_of("names") == schema_kind::array);
    BOOST_TEST(kind_of("whence") == schema_kind::alternate);
    BOOST_TEST(kind_of("nested") == schema_kind::object);
    BOOST_TEST(member_of(what, "names").type().element().kind() == schema_kind::string);
    BOOST_TEST(member_of(what, "mode").type().values() == (std::vector<std::string>{"full", "top", "none"}),
               boost::test_tools::per_element());
    BOOST_TEST(member_of(what, "mode").type().has_value("top"));
    BOOST_TEST(!member_of(what, "mode").type().has_value("bottom"));
    BOOST_TEST(member_of(what, "whence").type().alternatives().size() == 2U);
}

BOOST_AUTO_TEST_CASE(required_members_come_first_and_variants_last)
{
    schema_type const what = arguments_of(sample_schema(), "blockdev-add");
    BOOST_TEST(names_of(what.all_members()) ==
                   (std::vector<std::string>{"driver", "read-only", "node-name", "cache", "filename", "locking", "file",
                                             "backing", "size", "server", "size", "size", "read-zeroes"}),
               boost::test_tools::per_element());
    BOOST_TEST(names_of(what.members()) == (std::vector<std::string>{"driver", "read-only", "node-name", "cache"}),
               boost::test_tools::per_element());
    BOOST_TEST(what.tag() == "driver");
    BOOST_TEST(names_of(what.variant("file").members()) == (std::vector<std::string>{"filename", "locking"}),
               boost::test_tools::per_element());
    BOOST_TEST(!what.variant("no-such"));
}

BOOST_AUTO_TEST_CASE(members_of_a_variant_say_when_they_exist)
{
    schema_type const what = arguments_of(sample_schema(), "blockdev-add");
    BOOST_TEST(member_of(what, "size", "nbd").type().kind() == schema_kind::string);
    BOOST_TEST(member_of(what, "size", "qcow2").type().kind() == schema_kind::integer);
    BOOST_TEST((member_of(what, "size", "nbd").when() == schema_member::condition{"driver", "nbd"}));
    BOOST_TEST(!member_of(what, "driver").is_optional());
    BOOST_TEST(member_of(what, "node-name").is_optional());
}

BOOST_AUTO_TEST_CASE(types_may_go_round_in_circles)
{
    schema_type const what = member_of(arguments_of(sample_schema(), "sample"), "nested").type();
    BOOST_TEST((member_of(what, "deeper").type() == what));
    BOOST_TEST(sample_schema().has_argument("sample", "nested.deeper.deeper.deeper"));
}

BOOST_AUTO_TEST_CASE(a_path_leads_to_an_argument)
{
    schema const& known = sample_schema();
    BOOST_TEST(known.has_argument("blockdev-add", "driver"));
    BOOST_TEST(known.has_argument("blockdev-add", "file.driver"));
    BOOST_TEST(known.has_argument("blockdev-add", "file.file.filename"));
    BOOST_TEST(!known.has_argument("blockdev-add", "file.nothing"));
    BOOST_TEST(!known.has_argument("blockdev-add", "driver.file"));
    BOOST_TEST(!known.has_argument("blockdev-add", ""));
    BOOST_TEST(!known.has_argument("blockdev-add", "file."));
    BOOST_TEST(!known.has_argument("no-such", "driver"));
    BOOST_TEST(arguments_of(known, "blockdev-add").find_members("size").size() == 3U);
    BOOST_TEST(known.has_value("blockdev-add", "file.driver", "qcow2"));
    BOOST_TEST(!known.has_value("blockdev-add", "file.driver", "qcow9"));
}

BOOST_AUTO_TEST_CASE(a_name_with_a_full_stop_is_found)
{
    schema const known(json::parse(R"([
        {"meta-type": "object", "name": "0", "members": [{"name": "__com.redhat_x", "type": "0"}]},
        {"meta-type": "command", "name": "c", "arg-type": "0", "ret-type": "0"}])"));
    BOOST_TEST(known.has_argument("c", "__com.redhat_x"));
    BOOST_TEST(known.has_argument("c", "__com.redhat_x.__com.redhat_x"));
    BOOST_TEST(!known.has_argument("c", "__com"));
}

BOOST_AUTO_TEST_CASE(copies_share_the_data_and_parts_keep_it)
{
    schema_type arguments;
    {
        schema const first(coqmp::test::sample_reply());
        schema const second = first;
        BOOST_TEST((first == second));
        BOOST_TEST((first != schema(coqmp::test::sample_reply())));
        arguments = arguments_of(second, "blockdev-add");
    }
    BOOST_TEST(arguments.tag() == "driver");
    BOOST_TEST(member_of(arguments, "driver").type().has_value("qcow2"));
}

BOOST_AUTO_TEST_CASE(members_and_their_features)
{
    schema const known(json::parse(R"([
        {"meta-type": "builtin", "name": "str", "json-type": "string"},
        {"meta-type": "object", "name": "0", "members": [
            {"name": "a", "type": "str", "default": null, "features": ["deprecated"]},
            {"name": "b", "type": "str", "features": ["unstable", "other"]}]},
        {"meta-type": "command", "name": "c", "arg-type": "0", "ret-type": "0"}])"));
    BOOST_TEST(known.has_feature("c", "a", "deprecated"));
    BOOST_TEST(!known.has_feature("c", "a", "unstable"));
    BOOST_TEST((member_of(arguments_of(known, "c"), "b").features() == std::vector<std::string_view>{"unstable", "other"}));
    BOOST_TEST(arguments_of(known, "c").members().front().name() == "b");
}

BOOST_AUTO_TEST_CASE(an_enumeration_of_an_old_qemu_has_only_values)
{
    schema const known(json::parse(R"([
        {"meta-type": "enum", "name": "1", "values": ["x", "y"]},
        {"meta-type": "enum", "name": "2", "values": ["x"], "members": [{"name": "x"}, {"name": "z", "features": ["deprecated"]}]},
        {"meta-type": "object", "name": "0", "members": [{"name": "old", "type": "1"}, {"name": "new", "type": "2"}]},
        {"meta-type": "command", "name": "c", "arg-type": "0", "ret-type": "0"}])"));
    schema_type const what = arguments_of(known, "c");
    BOOST_TEST((member_of(what, "old").type().values() == std::vector<std::string>{"x", "y"}));
    BOOST_TEST((member_of(what, "new").type().values() == std::vector<std::string>{"x", "z"}));
    BOOST_TEST(member_of(what, "new").type().value_has_feature("z", "deprecated"));
    BOOST_TEST(!member_of(what, "new").type().value_has_feature("x", "deprecated"));
    BOOST_TEST(!member_of(what, "old").type().value_has_feature("z", "deprecated"));
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
    schema_type const what = arguments_of(known, "c");
    BOOST_TEST(member_of(what, "inner", "x").when()->tag == "outer");
    BOOST_TEST(member_of(what, "leaf", "y").when()->tag == "inner");
    BOOST_TEST(known.has_argument("c", "leaf"));
}

BOOST_AUTO_TEST_CASE(a_command_and_a_type_may_have_the_same_name)
{
    schema const known(json::parse(R"([
        {"meta-type": "command", "name": "x", "arg-type": "x", "ret-type": "x"},
        {"meta-type": "object", "name": "x", "members": [{"name": "a", "type": "y"}]},
        {"meta-type": "event", "name": "x", "arg-type": "x"}])"));
    BOOST_TEST(arguments_of(known, "x").kind() == schema_kind::object);
    BOOST_TEST(known.find_event("x")->data().kind() == schema_kind::object);
    BOOST_TEST(!member_of(arguments_of(known, "x"), "a").type());
    BOOST_TEST(known.has_event_member("x", "a"));
}

BOOST_AUTO_TEST_CASE(names_that_no_qemu_has_are_left_out)
{
    schema const known(json::parse(R"([
        {"meta-type": "command", "name": "a\u001b[31m", "arg-type": "0"},
        {"meta-type": "command", "name": "b c", "arg-type": "0"},
        {"meta-type": "command", "name": "d\u202e", "arg-type": "0"},
        {"meta-type": "event", "name": "E\n", "arg-type": "0"},
        {"meta-type": "command", "name": "good", "arg-type": "0", "features": ["\u001b", "deprecated"]},
        {"meta-type": "enum", "name": "1", "values": ["on\u0007", "off"]},
        {"meta-type": "object", "name": "0", "members": [{"name": "x\u0000", "type": "1"}, {"name": "y", "type": "1"}]}])"));
    BOOST_TEST(known.command_names() == std::vector<std::string>{"good"}, boost::test_tools::per_element());
    BOOST_TEST(known.event_names().empty());
    BOOST_TEST(names_of(arguments_of(known, "good").members()) == std::vector<std::string>{"y"},
               boost::test_tools::per_element());
    BOOST_TEST((known.find_command("good")->features() == std::vector<std::string_view>{"deprecated"}));
    BOOST_TEST((member_of(arguments_of(known, "good"), "y").type().values() == std::vector<std::string>{"off"}));
}

BOOST_DATA_TEST_CASE(nonsense_is_left_out, data::make(nonsense()), text)
{
    walk_through(schema(json::parse(text)));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_schema_is_rejected)
{
    BOOST_TEST(failure("{").starts_with("query-qmp-schema: not JSON: "));
    BOOST_TEST(failure("null") == "query-qmp-schema: not an array");
    BOOST_TEST(failure("{}") == "query-qmp-schema: not an array");
    BOOST_TEST(failure(R"({"return": 5})") == "query-qmp-schema: not an array");
    BOOST_TEST(failure("[]") == "none");
}

BOOST_AUTO_TEST_CASE(an_enormous_schema_is_rejected)
{
    json::array many(100'001, json::object{{"meta-type", "command"}, {"name", "c"}});
    BOOST_CHECK_THROW(schema(json::value(many)), unexpected_value);
    many.resize(1'000);
    BOOST_TEST(schema(json::value(many)).command_names().size() == 1U);
    json::array const long_name{json::object{{"meta-type", "command"}, {"name", std::string(4'000'001, 'x')}}};
    BOOST_CHECK_THROW(schema(json::value(long_name)), unexpected_value);
}

BOOST_AUTO_TEST_CASE(unions_that_multiply_end)
{
    // Each of 1,000 variants is the union itself: all paths together would be 10^12.
    json::array variants;
    for (int each = 0; each < 1'000; ++each)
        variants.push_back(json::object{{"case", "c" + std::to_string(each)}, {"type", "0"}});
    json::array const entries{
        json::object{{"meta-type", "object"}, {"name", "0"}, {"tag", "t"}, {"variants", variants}, {"members", json::array()}},
        json::object{{"meta-type", "command"}, {"name", "c"}, {"arg-type", "0"}, {"ret-type", "0"}}};
    schema const known{json::value(entries)};
    BOOST_TEST(!known.has_argument("c", "a.b.c"));
    BOOST_TEST(arguments_of(known, "c").all_members().empty());
}

BOOST_AUTO_TEST_CASE(a_schema_is_read_from_a_file_or_a_reply)
{
    coqmp::test::temporary_directory const directory;
    std::filesystem::path const file = directory.path() / "schema.json";
    std::ofstream(file) << json::serialize(json::object{{"return", coqmp::test::sample_reply()}});
    BOOST_TEST(schema::load(file.native()).command_names() == sample_schema().command_names(), boost::test_tools::per_element());
    BOOST_CHECK_THROW((void)schema::load((directory.path() / "missing").native()), std::system_error);
    BOOST_CHECK_THROW((void)schema::load(directory.path().native()), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()
