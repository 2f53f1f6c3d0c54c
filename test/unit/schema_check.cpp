// A schema finds what is wrong with a command or a subscription before it is sent.
#include <coqmp/array_of.hpp>
#include <coqmp/command.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/object.hpp>
#include <coqmp/schema.hpp>

#include "support/sample_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::array_of;
using coqmp::command;
using coqmp::event_filter;
using coqmp::object;
using coqmp::schema;
using coqmp::schema_problem;
using coqmp::schema_problem_kind;
using coqmp::test::sample_schema;

namespace {

struct checked
{
    std::string name;
    std::string arguments;
    std::string message;  ///< empty: there is no problem
};

std::ostream& operator<<(std::ostream& out, checked const& what)
{
    return out << what.name << ' ' << what.arguments;
}

std::vector<checked> commands()
{
    return {
        {"stop", "{}", ""},
        {"stopp", "{}", "stopp: unknown command: did you mean stop?"},
        {"frobnicate", "{}", "frobnicate: unknown command"},
        {"stop", R"({"now": true})", "stop: now: unknown argument"},
        {"block_resize", R"({"size": 1, "device": "d"})", ""},
        {"block_resize", R"({"device": "d"})", "block_resize: size: missing"},
        {"block_resize", R"({"siez": 1})", "block_resize: siez: unknown argument: did you mean size?"},
        {"block_resize", R"({"size": "1"})", "block_resize: size: not an integer"},
        {"block_resize", R"({"size": 1.5})", "block_resize: size: not an integer"},
        {"block_resize", R"({"size": null})", "block_resize: size: not an integer"},
        {"block_resize", R"({"size": 18446744073709551615, "device": null})", "block_resize: device: not a string"},
        {"sample", "{}", ""},
        {"sample",
         R"({"text": "t", "count": 1, "flag": true, "ratio": 1, "nothing": null, "anything": [{"a": {}}], "mode": "top"})", ""},
        {"sample", R"({"ratio": 1.5})", ""},
        {"sample", R"({"ratio": "1"})", "sample: ratio: not a number"},
        {"sample", R"({"flag": "on"})", "sample: flag: not true or false"},
        {"sample", R"({"nothing": 0})", "sample: nothing: not null"},
        {"sample", R"({"mode": "topp"})", "sample: mode: unknown value \"topp\": did you mean top?"},
        {"sample", R"({"mode": "whatever"})", "sample: mode: unknown value \"whatever\": expected full, top or none"},
        {"sample", R"({"mode": 1})", "sample: mode: not a string"},
        {"sample", R"({"names": ["a", "b"], "counts": []})", ""},
        {"sample", R"({"names": ["a", 1]})", "sample: names[1]: not a string"},
        {"sample", R"({"names": {}})", "sample: names: not an array"},
        {"sample", R"({"nested": {"deeper": {"deeper": {"count": 1}}}})", ""},
        {"sample", R"({"nested": {"deeper": {"deeper": {"count": true}}}})",
         "sample: nested.deeper.deeper.count: not an integer"},
        {"sample", R"({"nested": {"cuont": 1}})", "sample: nested.cuont: unknown member: did you mean count?"},
        {"sample", R"({"nested": []})", "sample: nested: not an object"},
        // alternates
        {"sample",
         R"({"text-or-null": "t", "whence": "set", "flag-or-text": false, "names-or-count": ["a"], "flag-or-count": 1})", ""},
        {"sample", R"({"text-or-null": null, "whence": 5, "flag-or-text": "t", "names-or-count": 7})", ""},
        {"sample", R"({"text-or-null": 1})", "sample: text-or-null: not a string or null"},
        {"sample", R"({"whence": "sett"})", "sample: whence: unknown value \"sett\": did you mean set?"},
        {"sample", R"({"whence": 1.5})", "sample: whence: not an integer or a string"},
        {"sample", R"({"names-or-count": [1]})", "sample: names-or-count[0]: not a string"},
        // unions
        {"blockdev-add", R"({"driver": "file", "filename": "/a", "node-name": "n"})", ""},
        {"blockdev-add", R"({"driver": "file"})", "blockdev-add: filename: missing"},
        {"blockdev-add", R"({"filename": "/a"})", "blockdev-add: driver: missing"},
        {"blockdev-add", R"({"driver": "qcow3"})", "blockdev-add: driver: unknown value \"qcow3\": did you mean qcow2?"},
        {"blockdev-add", R"({"driver": 1})", "blockdev-add: driver: not a string"},
        {"blockdev-add", R"({"driver": "null-co", "size": 1, "read-zeroes": true})", ""},
        {"blockdev-add", R"({"driver": "null-co", "filename": "/a"})",
         "blockdev-add: filename: not possible when driver is \"null-co\""},
        {"blockdev-add", R"({"driver": "null-co", "sizze": 1})", "blockdev-add: sizze: unknown argument: did you mean size?"},
        {"blockdev-add", R"({"driver": "nbd", "server": {"type": "unix", "path": "/s"}, "size": "1"})", ""},
        {"blockdev-add", R"({"driver": "nbd", "server": {"type": "unix", "path": "/s"}, "size": 1})",
         "blockdev-add: size: not a string"},
        {"blockdev-add", R"({"driver": "nbd", "server": {"type": "unix", "host": "h"}})",
         "blockdev-add: server.host: not possible when type is \"unix\""},
        {"blockdev-add", R"({"driver": "qcow2", "file": "node", "backing": null})", ""},
        {"blockdev-add", R"({"driver": "qcow2", "file": {"driver": "file", "filename": "/a"}})", ""},
        {"blockdev-add", R"({"driver": "qcow2", "file": {"driver": "file", "filenam": "/a"}})",
         "blockdev-add: file.filenam: unknown member: did you mean filename?"},
        {"blockdev-add", R"({"driver": "qcow2", "file": {"driver": "fiel"}})",
         "blockdev-add: file.driver: unknown value \"fiel\": did you mean file?"},
        {"blockdev-add", R"({"driver": "qcow2", "file": 5})", "blockdev-add: file: not an object or a string"},
        {"blockdev-reopen", R"({"options": [{"driver": "null-co"}, {"driver": "file"}]})",
         "blockdev-reopen: options[1].filename: missing"},
        {"transaction", R"({"actions": [{"type": "abort", "data": {}}]})", ""},
        {"transaction", R"({"actions": [{"type": "snapshot", "data": {"device": "d", "snapshot-file": 1}}]})",
         "transaction: actions[0].data.snapshot-file: not a string"},
        // commands that take more than the schema says
        {"device_add", R"({"driver": "virtio-net-pci", "netdev": "n0", "mac": "..."})", ""},
        {"device_add", R"({"driver": 5, "netdev": "n0"})", "device_add: driver: not a string"},
        {"device_add", R"({"netdev": "n0"})", "device_add: driver: missing"},
        {"object-add", R"({"qom-type": "secret", "id": "s", "frobnicate": 1})", "object-add: frobnicate: unknown argument"},
        {"stop\x1b[31m", "{}", "stop\\x1b[31m: unknown command"},
    };
}

std::string message(std::optional<schema_problem> const& problem)
{
    return problem ? problem->message() : std::string();
}

/// `{"nested": {"deeper": {...}}}`, of that many levels
json::object nested(std::size_t levels)
{
    json::object result;
    for (std::size_t level = 0; level < levels; ++level) {
        json::object outer;
        outer["deeper"] = std::move(result);
        result = std::move(outer);
    }
    json::object whole;
    whole["nested"] = std::move(result);
    return whole;
}

/// A schema of one command `c` whose arguments are the type `0`.
schema with_types(std::string_view types)
{
    return schema(json::parse(R"([{"meta-type": "command", "name": "c", "arg-type": "0", "ret-type": "0"},
                                  {"meta-type": "builtin", "name": "str", "json-type": "string"}, )" +
                              std::string(types) + "]"));
}

std::string checked_arguments(schema const& known, std::string_view arguments)
{
    return message(known.check(command("c", json::parse(json::string_view(arguments)).as_object())));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_check)

BOOST_DATA_TEST_CASE(a_command_is_checked, data::make(commands()), sample)
{
    command const what(sample.name, json::parse(sample.arguments).as_object());
    BOOST_TEST(message(sample_schema().check(what)) == sample.message);
    BOOST_TEST(message(schema().check(what)).empty());
}

BOOST_AUTO_TEST_CASE(a_problem_has_parts)
{
    auto const problem = sample_schema().check(
        command("blockdev-add").with("driver", "qcow2").with("file", object().with("driver", "fiel").with("filename", "/a")));
    BOOST_TEST_REQUIRE(problem.has_value());
    BOOST_TEST((problem->kind == schema_problem_kind::unknown_value));
    BOOST_TEST(problem->origin == "blockdev-add");
    BOOST_TEST(problem->path == "file.driver");
    BOOST_TEST(problem->reason == "unknown value \"fiel\"");
    BOOST_TEST(problem->suggestions == std::vector<std::string>{"file"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_problem_has_its_kind)
{
    auto const kind_of = [](command const& what) { return sample_schema().check(what).value().kind; };
    BOOST_TEST((kind_of("nothing") == schema_problem_kind::unknown_command));
    BOOST_TEST((kind_of(command("stop").with("x", 1)) == schema_problem_kind::unknown_member));
    BOOST_TEST((kind_of("block_resize") == schema_problem_kind::missing_member));
    BOOST_TEST((kind_of(command("block_resize").with("size", "1")) == schema_problem_kind::wrong_type));
    BOOST_TEST((kind_of(command("sample").with("mode", "x")) == schema_problem_kind::unknown_value));
    BOOST_TEST((kind_of(command("stop").out_of_band()) == schema_problem_kind::not_out_of_band));
    BOOST_TEST((kind_of(command("sample", nested(1'100))) == schema_problem_kind::too_deep));
    BOOST_TEST(!sample_schema().check(command("yank").with("instances", array_of()).out_of_band()).has_value());
    BOOST_TEST(!sample_schema().check(command("sample", nested(1'000))).has_value());
}

BOOST_AUTO_TEST_CASE(a_subscription_to_an_event_that_does_not_exist_is_reported)
{
    schema const& known = sample_schema();
    BOOST_TEST(!known.check(event_filter()).has_value());
    BOOST_TEST(!known.check(event_filter("STOP")).has_value());
    BOOST_TEST(message(known.check(event_filter("STOPP"))) == "STOPP: unknown event: did you mean STOP?");
    BOOST_TEST(message(known.check(event_filter("STOP").also_named("stop"))) == "stop: unknown event: did you mean STOP?");
    BOOST_TEST(!schema().check(event_filter("STOPP")).has_value());
    BOOST_TEST((known.check(event_filter("X"))->kind == schema_problem_kind::unknown_event));
}

BOOST_AUTO_TEST_CASE(a_filter_on_a_member_that_no_event_has_is_reported)
{
    schema const& known = sample_schema();
    BOOST_TEST(!known.check(event_filter("SHUTDOWN").with("guest", true)).has_value());
    BOOST_TEST(!known.check(event_filter("STOP").also_named("SHUTDOWN").with("guest", true)).has_value());
    BOOST_TEST(!known.check(event_filter().with("guest", true)).has_value());
    BOOST_TEST(message(known.check(event_filter("SHUTDOWN").with("gest", true))) ==
               "SHUTDOWN: gest: unknown member: did you mean guest?");
    BOOST_TEST(message(known.check(event_filter("STOP").with("guest", true))) == "STOP: guest: unknown member");
    BOOST_TEST(message(known.check(event_filter().with("nothing", true))) == "events: nothing: unknown member");
}

BOOST_AUTO_TEST_CASE(a_type_that_the_schema_does_not_explain_takes_everything)
{
    BOOST_TEST(checked_arguments(with_types("{}"), R"({"a": 1})").empty());
    schema const known = with_types(R"({"meta-type": "object", "name": "0", "members": [{"name": "a", "type": "gone"}]})");
    BOOST_TEST(checked_arguments(known, R"({"a": [1, {}]})").empty());
    BOOST_TEST(checked_arguments(known, "{}") == "c: a: missing");
}

BOOST_AUTO_TEST_CASE(circles_in_a_schema_end)
{
    schema const alternates = with_types(R"({"meta-type": "object", "name": "0", "members": [{"name": "a", "type": "1"}]},
                                            {"meta-type": "alternate", "name": "1", "members": [{"type": "1"}, {"type": "2"}]},
                                            {"meta-type": "alternate", "name": "2", "members": []})");
    BOOST_TEST(checked_arguments(alternates, R"({"a": 1})").empty());
    schema const unions = with_types(R"({"meta-type": "object", "name": "0", "members": [{"name": "t", "type": "str"}],
                                         "tag": "t", "variants": [{"case": "x", "type": "0"}]})");
    BOOST_TEST(checked_arguments(unions, R"({"t": "x"})").empty());
    BOOST_TEST(checked_arguments(unions, R"({"t": "x", "u": 1})") == "c: u: unknown argument");
    schema const arrays = with_types(R"({"meta-type": "object", "name": "0", "members": [{"name": "a", "type": "1"}]},
                                        {"meta-type": "array", "name": "1", "element-type": "1"})");
    BOOST_TEST(checked_arguments(arrays, R"({"a": [[[]], []]})").empty());
    BOOST_TEST(checked_arguments(arrays, R"({"a": [[[5]], []]})") == "c: a[0][0][0]: not an array");
}

BOOST_AUTO_TEST_CASE(a_tag_may_be_left_out_if_it_is_optional)
{
    schema const known = with_types(R"({"meta-type": "object", "name": "0", "tag": "t",
                                        "members": [{"name": "t", "type": "str", "default": null}],
                                        "variants": [{"case": "x", "type": "1"}]},
                                       {"meta-type": "object", "name": "1", "members": [
                                            {"name": "a", "type": "str", "default": null}, {"name": "b", "type": "str"}]})");
    BOOST_TEST(checked_arguments(known, "{}").empty());
    BOOST_TEST(checked_arguments(known, R"({"a": "t", "b": "t"})").empty());
    BOOST_TEST(checked_arguments(known, R"({"t": "x", "a": "t"})") == "c: b: missing");
    BOOST_TEST(checked_arguments(known, R"({"z": "t"})") == "c: z: unknown argument");
}

BOOST_AUTO_TEST_SUITE_END()
