#include "support/sample_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace coqmp::test {

namespace {

/// Writes SchemaInfo entries. An argument that ends in `?` is optional.
class schema_writer
{
public:
    json::array entries;

    void builtin(std::string_view name, std::string_view json_type) { add("builtin", name)["json-type"] = json_type; }

    void enumeration(std::string_view name, std::initializer_list<std::string_view> values)
    {
        json::object& entry = add("enum", name);
        json::array words;
        json::array members;
        for (std::string_view const each : values) {
            words.emplace_back(each);
            members.emplace_back(json::object{{"name", each}});
        }
        entry["values"] = words;
        entry["members"] = members;
    }

    void array(std::string_view name, std::string_view element) { add("array", name)["element-type"] = element; }

    json::object& object(std::string_view name, std::initializer_list<std::pair<std::string_view, std::string_view>> members)
    {
        json::object& entry = add("object", name);
        json::array list;
        for (auto const& [member_name, type] : members) {
            json::object member;
            bool const optional = member_name.ends_with('?');
            member["name"] = member_name.substr(0, member_name.size() - (optional ? 1 : 0));
            member["type"] = type;
            if (optional)
                member["default"] = nullptr;
            list.emplace_back(member);
        }
        entry["members"] = list;
        return entry;
    }

    static void variants(json::object& entry, std::string_view tag,
                         std::initializer_list<std::pair<std::string_view, std::string_view>> cases)
    {
        entry["tag"] = tag;
        json::array list;
        for (auto const& [name, type] : cases)
            list.emplace_back(json::object{{"case", name}, {"type", type}});
        entry["variants"] = list;
    }

    void alternate(std::string_view name, std::initializer_list<std::string_view> types)
    {
        json::array list;
        for (std::string_view const each : types)
            list.emplace_back(json::object{{"type", each}});
        add("alternate", name)["members"] = list;
    }

    json::object& command(std::string_view name, std::string_view arguments, std::string_view returns = "0")
    {
        json::object& entry = add("command", name);
        entry["arg-type"] = arguments;
        entry["ret-type"] = returns;
        return entry;
    }

    void event(std::string_view name, std::string_view data) { add("event", name)["arg-type"] = data; }

private:
    json::object& add(std::string_view meta_type, std::string_view name)
    {
        return entries.emplace_back(json::object{{"meta-type", meta_type}, {"name", name}}).as_object();
    }
};

void add_types(schema_writer& to)
{
    to.builtin("str", "string");
    to.builtin("int", "int");
    to.builtin("bool", "boolean");
    to.builtin("number", "number");
    to.builtin("null", "null");
    to.builtin("any", "value");
    to.object("0", {});
    to.array("[str]", "str");
    to.array("[int]", "int");
    to.enumeration("1", {"full", "top", "none"});
    to.enumeration("2", {"running", "paused"});
    to.alternate("3", {"str", "null"});
    to.alternate("4", {"int", "5"});
    to.enumeration("5", {"set", "cur", "end"});
    to.alternate("6", {"bool", "str"});
    to.alternate("7", {"[str]", "int"});
    to.alternate("8", {"bool", "int"});
}

void add_block_devices(schema_writer& to)
{
    to.enumeration("10", {"file", "qcow2", "nbd", "null-co"});
    to.variants(to.object("11", {{"read-only?", "bool"}, {"driver", "10"}, {"node-name?", "str"}, {"cache?", "12"}}), "driver",
                {{"file", "13"}, {"qcow2", "14"}, {"nbd", "15"}, {"null-co", "16"}});
    to.object("12", {{"direct?", "bool"}, {"no-flush?", "bool"}});
    to.object("13", {{"locking?", "5"}, {"filename", "str"}});
    to.object("14", {{"file", "17"}, {"backing?", "18"}, {"size?", "int"}});
    to.object("15", {{"server", "19"}, {"size?", "str"}});
    to.object("16", {{"size?", "int"}, {"read-zeroes?", "bool"}});
    to.alternate("17", {"11", "str"});
    to.alternate("18", {"11", "str", "null"});
    to.variants(to.object("19", {{"type", "20"}}), "type", {{"inet", "21"}, {"unix", "22"}});
    to.enumeration("20", {"inet", "unix"});
    to.object("21", {{"host", "str"}, {"port", "str"}});
    to.object("22", {{"path", "str"}});
    to.object("23", {{"size", "int"}, {"device?", "str"}, {"node-name?", "str"}});
    to.object("24", {{"job-id?", "str"}, {"device", "str"}, {"target", "str"}, {"sync", "1"}, {"speed?", "int"}});
    to.object("25", {{"options", "[11]"}});
    to.array("[11]", "11");
    to.command("blockdev-add", "11");
    to.command("blockdev-backup", "24");
    to.command("blockdev-reopen", "25");
    to.command("block_resize", "23")["features"] = json::array{"x"};
}

void add_objects(schema_writer& to)
{
    to.object("30", {{"driver", "str"}, {"bus?", "str"}, {"id?", "str"}});
    to.object("31", {{"id", "str"}});
    to.object("32", {{"path", "str"}, {"property", "str"}});
    to.object("33", {{"path", "str"}, {"property", "str"}, {"value", "any"}});
    to.enumeration("34", {"iothread", "secret"});
    to.variants(to.object("35", {{"qom-type", "34"}, {"id", "str"}}), "qom-type", {{"iothread", "36"}, {"secret", "37"}});
    to.object("36", {{"poll-max-ns?", "int"}});
    to.object("37", {{"data?", "str"}, {"file?", "str"}});
    to.command("device_add", "30");
    to.command("device_del", "31");
    to.command("job-dismiss", "31");
    to.command("qom-get", "32", "any");
    to.command("qom-set", "33");
    to.command("object-add", "35");
}

void add_transaction(schema_writer& to)
{
    to.object("40", {{"actions", "[41]"}, {"properties?", "42"}});
    to.array("[41]", "41");
    to.variants(to.object("41", {{"type", "43"}}), "type", {{"abort", "44"}, {"snapshot", "45"}, {"bitmap-add", "46"}});
    to.object("42", {{"completion-mode?", "47"}});
    to.enumeration("43", {"abort", "snapshot", "bitmap-add"});
    to.object("44", {{"data", "0"}});
    to.object("45", {{"data", "48"}});
    to.object("46", {{"data", "49"}});
    to.enumeration("47", {"individual", "grouped"});
    to.object("48", {{"device", "str"}, {"snapshot-file", "str"}, {"mode?", "5"}});
    to.object("49", {{"node", "str"}, {"name", "str"}, {"granularity?", "int"}, {"persistent?", "bool"}});
    to.command("transaction", "40");
}

/// A command with an argument of each kind.
void add_kinds(schema_writer& to)
{
    to.object("50", {{"text?", "str"},
                     {"count?", "int"},
                     {"flag?", "bool"},
                     {"ratio?", "number"},
                     {"nothing?", "null"},
                     {"anything?", "any"},
                     {"mode?", "1"},
                     {"names?", "[str]"},
                     {"counts?", "[int]"},
                     {"text-or-null?", "3"},
                     {"whence?", "4"},
                     {"flag-or-text?", "6"},
                     {"names-or-count?", "7"},
                     {"flag-or-count?", "8"},
                     {"nested?", "51"}});
    to.object("51", {{"text?", "str"}, {"count?", "int"}, {"deeper?", "51"}});
    to.command("sample", "50");
}

}  // namespace

json::value sample_reply()
{
    schema_writer to;
    add_types(to);
    add_block_devices(to);
    add_objects(to);
    add_transaction(to);
    add_kinds(to);
    to.object("60", {{"running", "bool"}, {"status", "2"}});
    to.object("61", {{"guest", "bool"}, {"reason", "2"}});
    to.object("62", {{"instances", "[str]"}});
    to.array("[60]", "60");
    to.command("query-status", "0", "60");
    to.command("query-all", "0", "[60]");
    to.command("query-names", "0", "[str]");
    to.command("stop", "0");
    to.command("yank", "62")["allow-oob"] = true;
    to.command("old-one", "0")["features"] = json::array{"deprecated"};
    to.command("x-new-one", "0")["features"] = json::array{"unstable"};
    to.event("SHUTDOWN", "61");
    to.event("STOP", "0");
    return std::move(to.entries);
}

schema const& sample_schema()
{
    static schema const known(sample_reply());
    return known;
}

namespace {

void walk_through(schema_type const& type)
{
    constexpr std::size_t most = 20;
    std::vector<schema_member> members = type.all_members();
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(std::min(most, members.size())), members.end());
    for (schema_member const& each : members) {
        (void)each.is_optional();
        (void)each.features();
        (void)each.type().values();
        (void)type.has_member(each.name());
        (void)type.has_member(std::string(each.name()).append(".x.y"));
        if (each.when())
            (void)type.variant(each.when()->value).members();
    }
    (void)type.element().kind();
    (void)type.alternatives();
    (void)type.as(schema_kind::object).tag();
}

}  // namespace

void walk_through(schema const& known)
{
    for (schema_command const& each : known.commands()) {
        (void)each.features();
        walk_through(each.arguments());
        walk_through(each.returns());
        walk_through(known.find_command(each.name()).value().arguments().element());
    }
    for (schema_event const& each : known.events()) {
        (void)each.features();
        walk_through(each.data());
        walk_through(known.find_event(each.name()).value().data());
    }
}

}  // namespace coqmp::test
