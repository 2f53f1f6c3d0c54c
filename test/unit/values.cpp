// What QEMU sent becomes values of the program's own types, and back.
#include <coqmp/array_of.hpp>
#include <coqmp/command.hpp>
#include <coqmp/event.hpp>
#include <coqmp/object.hpp>
#include <coqmp/values.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace json = boost::json;
using coqmp::array_of;
using coqmp::command;
using coqmp::decode;
using coqmp::event;
using coqmp::object;
using coqmp::unexpected_value;

namespace {

enum class target_kind { x86_64, aarch64, default_ };
BOOST_DESCRIBE_ENUM(target_kind, x86_64, aarch64, default_)

enum class on_error { report, stop_and_report };
BOOST_DESCRIBE_ENUM(on_error, report, stop_and_report)

struct topology
{
    std::optional<int> socket_id;
    std::optional<int> core_id;

    friend bool operator==(topology const&, topology const&) = default;
};
BOOST_DESCRIBE_STRUCT(topology, (), (socket_id, core_id))

struct cpu
{
    int cpu_index = 0;
    std::int64_t thread_id = 0;
    target_kind target = target_kind::aarch64;
    std::optional<topology> props;

    friend bool operator==(cpu const&, cpu const&) = default;
};
BOOST_DESCRIBE_STRUCT(cpu, (), (cpu_index, thread_id, target, props))

struct counted_cpu : cpu
{
    unsigned class_ = 0;
};
BOOST_DESCRIBE_STRUCT(counted_cpu, (cpu), (class_))

struct limits
{
    int bps_rd = 0;
    std::optional<int> bps_wr;
};
BOOST_DESCRIBE_STRUCT(limits, (), (bps_rd, bps_wr))

struct tree
{
    std::string name;
    std::vector<tree> children;
};
BOOST_DESCRIBE_STRUCT(tree, (), (name, children))

/// A type that its author taught to Boost.JSON, and that rejects what is empty.
struct own_name
{
    std::string text;
};
own_name tag_invoke(json::value_to_tag<own_name>, json::value const& from)
{
    if (from.as_string().empty())
        throw std::invalid_argument("empty");
    return {"own " + std::string(from.as_string())};
}
void tag_invoke(json::value_from_tag, json::value& result, own_name const& from)
{
    result = "own " + from.text;
}

/// Described and taught: what was taught wins.
struct both
{
    int number = 0;
};
BOOST_DESCRIBE_STRUCT(both, (), (number))
both tag_invoke(json::value_to_tag<both>, json::value const& from)
{
    return {static_cast<int>(from.as_int64()) + 1};
}

std::string const two_cpus = R"([
    {"cpu-index": 0, "thread-id": 77, "target": "x86_64", "qom-path": "/machine/cpu[0]", "props": {"socket-id": 1, "new": []}},
    {"cpu-index": 1, "thread-id": 78, "target": "default", "props": null}])";

template <class Value>
Value decoded(std::string_view text, std::string_view origin = "query-x")
{
    return decode<Value>(json::parse(text), origin);
}

template <class Value>
std::string failure(std::string_view text)
try {
    (void)decoded<Value>(text);
    return "none";
} catch (unexpected_value const& error) {
    BOOST_TEST((error.code() == coqmp::errc::unexpected_value));
    BOOST_TEST((error.code() != coqmp::errc::not_sent && error.code() != coqmp::errc::outcome_unknown));
    return error.what();
}

/// What `with()` makes of a value.
template <class Value>
std::string encoded(Value&& value)
{
    return json::serialize(command("x").with("a", std::forward<Value>(value)).arguments());
}

}  // namespace

template <>
inline constexpr bool coqmp::keeps_underscores<limits> = true;
template <>
inline constexpr bool coqmp::keeps_underscores<target_kind> = true;

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(a_structure_is_decoded_and_members_that_it_does_not_have_are_ignored)
{
    auto const cpus = decoded<std::vector<cpu>>(two_cpus);
    BOOST_REQUIRE(cpus.size() == 2U);
    BOOST_TEST((cpus[0] == cpu{0, 77, target_kind::x86_64, topology{1, std::nullopt}}));
    BOOST_TEST((cpus[1] == cpu{1, 78, target_kind::default_, std::nullopt}));
}

BOOST_AUTO_TEST_CASE(an_underscore_is_a_hyphen_or_an_underscore)
{
    BOOST_TEST(decoded<limits>(R"({"bps-rd": 1})").bps_rd == 1);
    BOOST_TEST(decoded<limits>(R"({"bps_rd": 1, "bps_wr": 2})").bps_wr.value() == 2);
    BOOST_TEST((decoded<on_error>(R"("stop-and-report")") == on_error::stop_and_report));
    BOOST_TEST((decoded<on_error>(R"("stop-and_report")") == on_error::stop_and_report));
    BOOST_TEST(failure<on_error>(R"("Report")") == R"(query-x: unknown value "Report")");
    BOOST_TEST(failure<limits>(R"({"bps rd": 1})") == "query-x: bps_rd: missing");
}

BOOST_AUTO_TEST_CASE(an_underscore_at_the_end_is_ignored)
{
    BOOST_TEST((decoded<target_kind>(R"("default")") == target_kind::default_));
    BOOST_TEST(failure<target_kind>(R"("default_")") == R"(query-x: unknown value "default_")");
}

BOOST_AUTO_TEST_CASE(members_of_bases_are_members)
{
    auto const made = decoded<counted_cpu>(R"({"cpu-index": 0, "thread-id": 1, "target": "x86_64", "class": 3})");
    BOOST_TEST(made.thread_id == 1);
    BOOST_TEST(made.class_ == 3U);
}

BOOST_AUTO_TEST_CASE(containers_of_every_kind_are_decoded)
{
    BOOST_TEST((decoded<std::vector<int>>("[1, 2]") == std::vector{1, 2}));
    BOOST_TEST((decoded<std::deque<std::string>>(R"(["a"])") == std::deque<std::string>{"a"}));
    BOOST_TEST((decoded<std::set<int>>("[2, 1, 2]") == std::set{1, 2}));
    BOOST_TEST((decoded<std::map<std::string, int>>(R"({"a": 1})") == std::map<std::string, int>{{"a", 1}}));
    BOOST_TEST((decoded<std::unordered_map<std::string, topology>>(R"({"a": {}})").at("a") == topology()));
    BOOST_TEST((decoded<std::array<int, 2>>("[1, 2]") == std::array{1, 2}));
    BOOST_TEST((decoded<std::pair<int, topology>>(R"([1, {"core-id": 2, "new": 3}])") == std::pair(1, topology{{}, 2})));
    BOOST_TEST((decoded<std::vector<bool>>("[true, false]") == std::vector{true, false}));
    BOOST_TEST((decoded<std::vector<std::optional<int>>>("[1, null]") == std::vector<std::optional<int>>{1, std::nullopt}));
}

BOOST_AUTO_TEST_CASE(what_boost_json_decodes_is_left_to_it)
{
    BOOST_TEST(decoded<own_name>(R"("n")").text == "own n");
    BOOST_TEST(decoded<both>("1").number == 2);
    BOOST_TEST((decoded<std::variant<int, std::string>>(R"("n")") == std::variant<int, std::string>("n")));
    BOOST_TEST(failure<std::vector<own_name>>(R"(["a", ""])") == "query-x: [1]: empty");
    BOOST_TEST(failure<std::vector<own_name>>("[1]").starts_with("query-x: [0]: "));
    BOOST_TEST(failure<std::vector<own_name>>(R"(["a"])") == "none");
}

BOOST_AUTO_TEST_CASE(a_structure_may_contain_itself)
{
    auto const made = decoded<tree>(R"({"name": "a", "children": [{"name": "b", "children": []}]})");
    BOOST_TEST(made.children.at(0).name == "b");
    BOOST_TEST(failure<tree>(R"({"name": "a", "children": [{"name": "b", "children": [0]}]})") ==
               "query-x: children[0].children[0]: not an object");
}

BOOST_AUTO_TEST_CASE(an_error_names_the_origin_and_the_path)
{
    BOOST_TEST(failure<std::vector<cpu>>(R"([{"cpu-index": 0, "thread-id": 1, "target": "x86_64"},
                                             {"cpu-index": 0, "thread-id": "1", "target": "x86_64"}])") ==
               "query-x: [1].thread-id: not an integer");
    BOOST_TEST(failure<cpu>(R"({"cpu-index": 0, "target": "x86_64"})") == "query-x: thread-id: missing");
    BOOST_TEST(failure<cpu>(R"({"cpu-index": 0, "thread-id": 1, "target": "x86_64", "props": {"socket-id": true}})") ==
               "query-x: props.socket-id: not an integer");
    BOOST_TEST((failure<std::map<std::string, std::vector<int>>>(R"({"a": [0, null]})") == "query-x: a[1]: not an integer"));
    BOOST_TEST(failure<std::vector<int>>("{}") == "query-x: not an array");
    try {
        (void)decoded<std::vector<int>>("[[]]", "query-cpus-fast");
        BOOST_FAIL("an array is not an integer");
    } catch (unexpected_value const& error) {
        BOOST_TEST(error.origin() == "query-cpus-fast");
        BOOST_TEST(error.path() == "[0]");
        BOOST_TEST(error.reason() == "not an integer");
    }
    BOOST_CHECK_EXCEPTION((void)decode<int>(json::value("a")), unexpected_value,
                          [](auto const& error) { return std::string(error.what()) == "not an integer"; });
}

BOOST_AUTO_TEST_CASE(every_type_rejects_other_types)
{
    BOOST_TEST(failure<bool>("1") == "query-x: not true or false");
    BOOST_TEST(failure<int>("true") == "query-x: not an integer");
    BOOST_TEST(failure<int>("1.5") == "query-x: not an integer");
    BOOST_TEST(failure<double>(R"("1")") == "query-x: not a number");
    BOOST_TEST(failure<std::string>("1") == "query-x: not a string");
    BOOST_TEST(failure<on_error>("1") == "query-x: not a string");
    BOOST_TEST(failure<cpu>("[]") == "query-x: not an object");
    BOOST_TEST((failure<std::map<std::string, int>>("[]") == "query-x: not an object"));
    BOOST_TEST((failure<std::array<int, 2>>("{}") == "query-x: not an array"));
    BOOST_TEST((failure<std::array<int, 2>>("[1]") == "query-x: not an array of 2 elements"));
    BOOST_TEST(failure<json::object>("[]") == "query-x: not an object");
    BOOST_TEST(failure<json::array>("{}") == "query-x: not an array");
    BOOST_TEST(failure<json::string>("{}") == "query-x: not a string");
    BOOST_TEST(failure<int>("null") == "query-x: not an integer");
}

BOOST_AUTO_TEST_CASE(an_integer_must_fit)
{
    BOOST_TEST(decoded<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
    BOOST_TEST(decoded<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    BOOST_TEST(failure<std::int64_t>("18446744073709551615") == "query-x: out of range");
    BOOST_TEST(failure<std::uint8_t>("256") == "query-x: out of range");
    BOOST_TEST(failure<unsigned>("-1") == "query-x: out of range");
    BOOST_TEST(decoded<double>("3") == 3.0);
}

BOOST_AUTO_TEST_CASE(what_qemu_wrote_is_safe_for_a_terminal_in_the_message)
{
    BOOST_TEST(failure<on_error>(R"("\u001b[31mred")") == R"(query-x: unknown value "\x1b[31mred")");
    BOOST_TEST((failure<std::map<std::string, int>>(R"({"\u001b": ""})") == R"(query-x: \x1b: not an integer)"));
}

BOOST_AUTO_TEST_CASE(json_is_copied_so_that_it_does_not_keep_the_message)
{
    json::monotonic_resource message;
    json::value const from = json::parse(R"({"a": [1], "b": "text", "c": {}})", &message);
    auto const whole = decode<json::value>(from);
    BOOST_TEST(whole == from);
    BOOST_TEST((whole.storage().get() != &message && whole.at("a").storage().get() != &message));
    BOOST_TEST((decode<json::object>(from).storage().get() != &message));
    BOOST_TEST((decode<json::array>(from.at("a")).storage().get() != &message));
    BOOST_TEST((decode<json::string>(from.at("b")).storage().get() != &message));
}

BOOST_AUTO_TEST_CASE(the_data_of_an_event_is_decoded_as_a_whole_or_in_part)
{
    event const happened{
        "BLOCK_JOB_ERROR", json::parse(R"({"device": "j", "on-error": "stop-and-report", "socket-id": 1})").as_object(), {}, 0};
    BOOST_TEST(happened.get<std::string>("device") == "j");
    BOOST_TEST((happened.get<on_error>("on-error") == on_error::stop_and_report));
    BOOST_TEST(!happened.get<std::optional<std::string>>("reason").has_value());
    BOOST_TEST((happened.get<topology>() == topology{1, std::nullopt}));
    BOOST_TEST((happened.get<std::map<std::string, json::value>>().size() == 3U));
    BOOST_TEST((happened.get<json::object>() == happened.data));
    auto const says = [](std::string text) { return [text](unexpected_value const& error) { return error.what() == text; }; };
    BOOST_CHECK_EXCEPTION((void)happened.get<int>("device"), unexpected_value, says("BLOCK_JOB_ERROR: device: not an integer"));
    BOOST_CHECK_EXCEPTION((void)happened.get<int>("reason"), unexpected_value, says("BLOCK_JOB_ERROR: reason: missing"));
    BOOST_CHECK_EXCEPTION((void)happened.get<limits>(), unexpected_value, says("BLOCK_JOB_ERROR: bps_rd: missing"));
}

BOOST_AUTO_TEST_CASE(with_takes_what_decode_gives)
{
    BOOST_TEST(encoded(cpu{0, 7, target_kind::x86_64, topology{1, std::nullopt}}) ==
               R"({"a":{"cpu-index":0,"thread-id":7,"target":"x86_64","props":{"socket-id":1}}})");
    BOOST_TEST(encoded(limits{1, 2}) == R"({"a":{"bps_rd":1,"bps_wr":2}})");
    BOOST_TEST(encoded(on_error::stop_and_report) == R"({"a":"stop-and-report"})");
    BOOST_TEST(encoded(target_kind::default_) == R"({"a":"default"})");
    BOOST_TEST(encoded(std::vector<topology>{{}, {1, 2}}) == R"({"a":[{},{"socket-id":1,"core-id":2}]})");
    BOOST_TEST(encoded(std::vector<std::optional<int>>{1, std::nullopt}) == R"({"a":[1,null]})");
    BOOST_TEST(encoded(std::vector{true, false}) == R"({"a":[true,false]})");
    BOOST_TEST(encoded(std::map<std::string, on_error>{{"b", on_error::report}}) == R"({"a":{"b":"report"}})");
    BOOST_TEST(encoded(std::map<std::string, std::optional<int>>{{"b", {}}, {"c", 1}}) == R"({"a":{"c":1}})");
    BOOST_TEST(encoded(std::optional(topology{1, {}})) == R"({"a":{"socket-id":1}})");
    BOOST_TEST(encoded(std::optional<topology>()) == "{}");
    BOOST_TEST(encoded(own_name{"n"}) == R"({"a":"own n"})");
    BOOST_TEST(encoded(std::pair(1, on_error::report)) == R"({"a":[1,"report"]})");
    BOOST_TEST(encoded(counted_cpu{{0, 7, target_kind::x86_64, {}}, 3}) ==
               R"({"a":{"cpu-index":0,"thread-id":7,"target":"x86_64","class":3}})");
    BOOST_CHECK_THROW(encoded(static_cast<on_error>(77)), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(what_was_encoded_is_decoded)
{
    cpu const original{3, 99, target_kind::default_, topology{std::nullopt, 5}};
    command const made = command("x").with("a", std::vector{original});
    BOOST_TEST((decode<std::vector<cpu>>(made.arguments().at("a")) == std::vector{original}));
}

BOOST_AUTO_TEST_CASE(nested_values_need_no_braces)
{
    command const made =
        command("blockdev-add")
            .with("driver", "raw")
            .with("file", object().with("driver", "file").with("filename", std::string("/a")).with("x", std::nullopt))
            .with("list", array_of(1, "two", object().with("three", 3.5), array_of(), nullptr))
            .with("pairs", array_of(array_of(1, 2)));
    BOOST_TEST(
        json::serialize(made.arguments()) ==
        R"({"driver":"raw","file":{"driver":"file","filename":"/a"},"list":[1,"two",{"three":3.5E0},[],null],"pairs":[[1,2]]})");
}

BOOST_AUTO_TEST_CASE(a_container_gives_an_array_its_elements)
{
    std::vector<on_error> const kinds{on_error::report, on_error::stop_and_report};
    BOOST_TEST(json::serialize(array_of(kinds)) == R"(["report","stop-and-report"])");
    BOOST_TEST(json::serialize(array_of(std::set{2, 1})) == "[1,2]");
    BOOST_TEST(json::serialize(array_of("text")) == R"(["text"])");
    BOOST_TEST(json::serialize(array_of(std::string("text"))) == R"(["text"])");
    BOOST_TEST(json::serialize(array_of(json::array{1})) == "[[1]]");
    BOOST_TEST(json::serialize(array_of(kinds, 1)) == R"([["report","stop-and-report"],1])");
}

BOOST_AUTO_TEST_CASE(an_object_replaces_and_removes_members)
{
    object made = object().with("a", 1).with("b", 2).with("a", "3");
    made.with("b", std::optional<int>());
    BOOST_TEST(json::serialize(made.members()) == R"({"a":"3"})");
    BOOST_TEST(json::serialize(command("x", made).arguments()) == R"({"a":"3"})");
    BOOST_TEST(json::serialize(command("x", std::move(made)).arguments()) == R"({"a":"3"})");
}

BOOST_AUTO_TEST_SUITE_END()
