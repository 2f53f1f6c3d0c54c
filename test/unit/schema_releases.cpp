// Every release of QEMU from 2.12 to 10.0, against a second reading of its schema that shares nothing with the library's.
#include <coqmp/command.hpp>
#include <coqmp/schema.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::command;
using coqmp::schema;
using coqmp::schema_problem_kind;

namespace {

std::vector<std::string> releases()
{
    return {"2.12.0", "4.2.0", "5.2.0", "6.2.0", "7.2.0",     "7.2-debian",
            "8.0.0",  "8.2.0", "9.0.0", "9.1.0", "9.2.0-rc2", "10.0-debian"};
}

std::filesystem::path file_of(std::string const& release)
{
    return std::filesystem::path(COQMP_TEST_SCHEMAS) / ("qemu-" + release + ".json");
}

schema of(std::string const& release)
{
    static std::map<std::string, schema> known;
    auto const [found, is_new] = known.try_emplace(release);
    if (is_new)
        found->second = schema::load(file_of(release).native());
    return found->second;
}

/// The plain JSON of a schema, with its entries by name.
class raw_schema
{
public:
    explicit raw_schema(std::string const& release)
    {
        std::ifstream in(file_of(release));
        whole_ = json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
        for (json::value const& each : whole_.as_array())
            by_name_[std::string(each.at("name").as_string())] = &each.as_object();
    }

    [[nodiscard]] json::object const& at(json::value const& name) const { return *by_name_.at(std::string(name.as_string())); }

    /// Calls `use` with each entry of a kind.
    void each(std::string_view meta_type, std::function<void(json::object const&)> const& use) const
    {
        for (json::value const& entry : whole_.as_array())
            if (entry.at("meta-type").as_string() == meta_type)
                use(entry.as_object());
    }

    /// Calls `use` with the path of each member down to a depth: 2 includes members of members.
    void paths(json::object const& type, std::string const& before, int depth,
               std::function<void(std::string const&, json::object const&)> const& use) const
    {
        std::string_view const meta_type = type.at("meta-type").as_string();
        if (meta_type == "array")
            return paths(at(type.at("element-type")), before, depth, use);
        if (meta_type == "alternate")
            for (json::value const& each : type.at("members").as_array())
                paths(at(each.at("type")), before, depth, use);
        if (meta_type != "object" || depth == 0)
            return;
        for (json::value const& each : type.at("members").as_array()) {
            std::string const path = before + std::string(each.at("name").as_string());
            use(path, each.as_object());
            paths(at(each.at("type")), path + '.', depth - 1, use);
        }
        if (type.contains("variants"))
            for (json::value const& each : type.at("variants").as_array())
                paths(at(each.at("type")), before, depth, use);
    }

    /// A value that fits a type, with required members only. @param wanted of a union at the top, the variant
    [[nodiscard]] json::value value_of(json::object const& type, int depth = 0, json::value const* wanted = nullptr) const
    {
        std::string_view const meta_type = type.at("meta-type").as_string();
        if (meta_type == "builtin")
            return builtin(type.at("json-type").as_string());
        if (meta_type == "enum")
            return type.contains("values") ? type.at("values").at(0) : type.at("members").at(0).at("name");
        if (meta_type == "array")
            return depth > 4 ? json::array() : json::array{value_of(at(type.at("element-type")), depth + 1)};
        if (meta_type == "alternate")
            return value_of(at(simplest(type).at("type")), depth + 1);
        json::object result;
        add_required(result, type, depth, wanted);
        return result;
    }

private:
    static json::value builtin(std::string_view type)
    {
        if (type == "string")
            return "text";
        if (type == "boolean")
            return true;
        if (type == "null")
            return nullptr;
        return 7;
    }

    /// An alternative that does not lead in a circle.
    [[nodiscard]] json::object const& simplest(json::object const& type) const
    {
        for (json::value const& each : type.at("members").as_array())
            if (at(each.at("type")).at("meta-type").as_string() == "builtin")
                return each.as_object();
        return type.at("members").at(0).as_object();
    }

    void add_required(json::object& result, json::object const& type, int depth, json::value const* wanted) const
    {
        for (json::value const& each : type.at("members").as_array())
            if (!each.as_object().contains("default"))
                result[each.at("name").as_string()] = value_of(at(each.at("type")), depth + 1);
        if (!type.contains("tag"))
            return;
        json::string const& tag = type.at("tag").as_string();
        if (wanted != nullptr)
            result[tag] = *wanted;
        for (json::value const& each : type.at("variants").as_array())
            if (result.contains(tag) && each.at("case") == result.at(tag))
                add_required(result, at(each.at("type")), depth, nullptr);
    }

    json::value whole_;
    std::map<std::string, json::object const*> by_name_;
};

/// Calls `use` with each command and arguments that it accepts: one set for each variant.
void for_each_valid_command(raw_schema const& raw, std::function<void(json::object const&, command const&)> const& use)
{
    raw.each("command", [&](json::object const& entry) {
        std::string const name(entry.at("name").as_string());
        json::object const& type = raw.at(entry.at("arg-type"));
        if (type.at("meta-type").as_string() != "object")
            return;
        if (!type.contains("variants"))
            return use(type, command(name, raw.value_of(type).as_object()));
        for (json::value const& variant : type.at("variants").as_array())
            use(type, command(name, raw.value_of(type, 0, &variant.at("case")).as_object()));
    });
}

std::string problem_of(schema const& known, command const& what)
{
    auto const problem = known.check(what);
    return problem ? problem->message() : "none";
}

// Not in the test cases themselves, which are templates with linkage: their lambdas must not capture types of this file.
void find_all(std::string const& release)
{
    schema const known = of(release);
    raw_schema const raw(release);
    std::set<std::string> commands;
    std::set<std::string> events;
    std::size_t paths = 0;
    raw.each("command", [&](json::object const& entry) {
        std::string const name(entry.at("name").as_string());
        commands.insert(name);
        std::set<std::string> seen;  // variants share most of their members
        raw.paths(raw.at(entry.at("arg-type")), "", 2, [&](std::string const& path, json::object const&) {
            if (!seen.insert(path).second)
                return;
            ++paths;
            if (!known.has_argument(name, path) || known.has_argument(name, path + "~"))
                BOOST_ERROR(name + ' ' + path);
        });
        if (known.find_command(name)->allows_out_of_band() != (entry.contains("allow-oob") && entry.at("allow-oob").as_bool()))
            BOOST_ERROR(name);
    });
    raw.each("event", [&](json::object const& entry) {
        std::string const name(entry.at("name").as_string());
        events.insert(name);
        std::set<std::string> seen;
        raw.paths(raw.at(entry.at("arg-type")), "", 3, [&](std::string const& path, json::object const&) {
            if (!seen.insert(path).second)
                return;
            if (!known.has_event_member(name, path))
                BOOST_ERROR(name + ' ' + path);
        });
    });
    BOOST_TEST(paths > 1'000U);
    BOOST_TEST((known.command_names() == std::vector<std::string>(commands.begin(), commands.end())));
    BOOST_TEST((known.event_names() == std::vector<std::string>(events.begin(), events.end())));
}

void find_features_and_values(std::string const& release)
{
    schema const known = of(release);
    raw_schema const raw(release);
    raw.each("command", [&](json::object const& entry) {
        std::string const name(entry.at("name").as_string());
        if (entry.contains("features"))
            for (json::value const& feature : entry.at("features").as_array())
                BOOST_TEST(known.has_feature(name, std::string_view(feature.as_string())));
        std::set<std::string> seen;
        raw.paths(raw.at(entry.at("arg-type")), "", 2, [&](std::string const& path, json::object const& member) {
            if (!seen.insert(path + ' ' + json::serialize(member)).second)
                return;
            json::object const& type = raw.at(member.at("type"));
            if (type.at("meta-type").as_string() == "enum")
                for (json::value const& value : type.at("values").as_array())
                    if (!known.has_value(name, path, std::string_view(value.as_string())) || known.has_value(name, path, "~"))
                        BOOST_ERROR(name + ' ' + path);
            if (member.contains("features"))
                for (json::value const& feature : member.at("features").as_array())
                    BOOST_TEST(known.has_feature(name, path, std::string_view(feature.as_string())));
        });
    });
}

void check_valid_commands(std::string const& release)
{
    schema const known = of(release);
    std::size_t checked = 0;
    for_each_valid_command(raw_schema(release), [&](json::object const&, command const& what) {
        ++checked;
        if (std::string const problem = problem_of(known, what); problem != "none")
            BOOST_ERROR(problem + "\n" + json::serialize(what.arguments()));
    });
    BOOST_TEST(checked > 200U);
}

void check_damaged_commands(std::string const& release)
{
    schema const known = of(release);
    raw_schema const raw(release);
    auto const expect = [&known](command const& what, schema_problem_kind kind, std::string const& path) {
        auto const problem = known.check(what);
        if (!problem || problem->kind != kind || problem->path != path)
            BOOST_ERROR(what.name() + ' ' + json::serialize(what.arguments()) + ": " + problem_of(known, what));
    };
    for_each_valid_command(raw, [&](json::object const& type, command const& valid) {
        if (!known.find_command(valid.name())->takes_more_arguments())
            expect(command(valid).with("no-such~", 1), schema_problem_kind::unknown_member, "no-such~");
        for (json::value const& each : type.at("members").as_array()) {
            std::string const name(each.at("name").as_string());
            if (!each.as_object().contains("default"))
                expect(command(valid).without(name), schema_problem_kind::missing_member, name);
            std::string_view const meta_type = raw.at(each.at("type")).at("meta-type").as_string();
            if (meta_type == "enum")
                expect(command(valid).with(name, "no-such~"), schema_problem_kind::unknown_value, name);
            if (meta_type == "object" || meta_type == "array")
                expect(command(valid).with(name, 7), schema_problem_kind::wrong_type, name);
        }
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_releases)

BOOST_DATA_TEST_CASE(all_commands_events_and_members_are_found, data::make(releases()), release)
{
    find_all(release);
}

BOOST_DATA_TEST_CASE(features_and_values_are_found, data::make(releases()), release)
{
    find_features_and_values(release);
}

BOOST_DATA_TEST_CASE(commands_that_fit_are_accepted, data::make(releases()), release)
{
    check_valid_commands(release);
}

BOOST_DATA_TEST_CASE(commands_that_do_not_fit_are_rejected, data::make(releases()), release)
{
    check_damaged_commands(release);
}

BOOST_DATA_TEST_CASE(a_schema_takes_little_memory, data::make(releases()), release)
{
    BOOST_TEST(of(release).memory() > 50'000U);
    BOOST_TEST(of(release).memory() < 1'000'000U);
}

namespace {

struct difference
{
    std::string what;
    std::string first;  ///< the first release that has it
    std::string last;   ///< the last one
    std::function<bool(schema const&)> has;
};

std::ostream& operator<<(std::ostream& out, difference const& what)
{
    return out << what.what;
}

std::function<bool(schema const&)> argument(std::string command, std::string path)
{
    return [=](schema const& known) { return known.has_argument(command, path); };
}

std::function<bool(schema const&)> named(std::string name)
{
    return [=](schema const& known) { return known.has_command(name); };
}

std::vector<difference> differences()
{
    std::string const today = "10.0-debian";
    return {
        {"reconnect-ms", "9.2.0-rc2", today, argument("chardev-add", "backend.data.reconnect-ms")},
        {"reconnect", "2.12.0", today, argument("chardev-add", "backend.data.reconnect")},
        {"job-dismiss", "4.2.0", today, named("job-dismiss")},
        {"block-export-add", "5.2.0", today, named("block-export-add")},
        {"blockdev-reopen", "6.2.0", today, named("blockdev-reopen")},
        {"blockdev-change-medium", "2.12.0", today, named("blockdev-change-medium")},
        {"auto-dismiss of blockdev-mirror", "4.2.0", today, argument("blockdev-mirror", "auto-dismiss")},
        {"object-add as a union", "6.2.0", today, argument("object-add", "poll-max-ns")},
        {"object-add with props", "2.12.0", "5.2.0", argument("object-add", "props")},
        {"nbd-server-add is deprecated", "5.2.0", today,
         [](schema const& known) { return known.has_feature("nbd-server-add", "deprecated"); }},
        {"query-cpus", "2.12.0", "5.2.0", named("query-cpus")},
        {"change", "2.12.0", "5.2.0", named("change")},
        {"query-stats", "7.2.0", today, named("query-stats")},
        {"MEM_UNPLUG_ERROR", "2.12.0", "9.0.0", [](schema const& known) { return known.has_event("MEM_UNPLUG_ERROR"); }},
        {"MEMORY_DEVICE_SIZE_CHANGE", "5.2.0", today,
         [](schema const& known) { return known.has_event("MEMORY_DEVICE_SIZE_CHANGE"); }},
        {"the reason of SHUTDOWN", "4.2.0", today,
         [](schema const& known) { return known.has_event_member("SHUTDOWN", "reason"); }},
    };
}

}  // namespace

BOOST_DATA_TEST_CASE(releases_differ, data::make(differences()), what)
{
    bool expected = false;
    for (std::string const& release : releases()) {
        expected = expected || release == what.first;
        BOOST_TEST(what.has(of(release)) == expected, release);
        expected = expected && release != what.last;
    }
}

BOOST_AUTO_TEST_SUITE_END()
