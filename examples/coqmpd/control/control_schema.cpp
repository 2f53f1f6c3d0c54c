#include "control/control_schema.hpp"

#include "machines/machine_file.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace coqmpd {

namespace {

namespace json = boost::json;

/// All but the enumerations of states and reasons. `[T]` is a list of T.
constexpr std::string_view written_schema = R"([
{"meta-type": "builtin", "name": "str", "json-type": "string"},
{"meta-type": "builtin", "name": "bool", "json-type": "boolean"},
{"meta-type": "builtin", "name": "int", "json-type": "int"},
{"meta-type": "array", "name": "[MachineInfo]", "element-type": "MachineInfo"},
{"meta-type": "array", "name": "[CommandInfo]", "element-type": "CommandInfo"},
{"meta-type": "array", "name": "[SchemaInfo]", "element-type": "SchemaInfo"},
{"meta-type": "object", "name": "Nothing", "members": []},
{"meta-type": "object", "name": "SchemaInfo", "members": [{"name": "name", "type": "str"}]},
{"meta-type": "object", "name": "CommandInfo", "members": [{"name": "name", "type": "str"}]},
{"meta-type": "object", "name": "NameInfo", "members": [{"name": "name", "type": "str"}]},
{"meta-type": "object", "name": "VersionTriple", "members": [
  {"name": "major", "type": "int"}, {"name": "minor", "type": "int"}, {"name": "micro", "type": "int"}]},
{"meta-type": "object", "name": "VersionInfo", "members": [
  {"name": "qemu", "type": "VersionTriple"}, {"name": "package", "type": "str"}]},
{"meta-type": "object", "name": "MachineName", "members": [{"name": "name", "type": "str"}]},
{"meta-type": "object", "name": "StopArguments", "members": [
  {"name": "name", "type": "str"},
  {"name": "timeout", "type": "int", "default": null},
  {"name": "wait", "type": "bool", "default": null}]},
{"meta-type": "object", "name": "ShutdownArguments", "members": [{"name": "timeout", "type": "int", "default": null}]},
{"meta-type": "object", "name": "MachineEnd", "members": [
  {"name": "description", "type": "str", "default": null},
  {"name": "step", "type": "str", "default": null}]},
{"meta-type": "object", "name": "MachineInfo", "members": [
  {"name": "name", "type": "str"},
  {"name": "state", "type": "MachineState"},
  {"name": "reason", "type": "MachineReason", "default": null},
  {"name": "description", "type": "str", "default": null},
  {"name": "liveness", "type": "MachineLiveness"},
  {"name": "pid", "type": "int", "default": null},
  {"name": "file", "type": "MachineFileProblem", "default": null},
  {"name": "boot-looping", "type": "bool"},
  {"name": "dumping", "type": "bool"},
  {"name": "restart-in", "type": "int", "default": null}]},
{"meta-type": "command", "name": "qmp_capabilities", "arg-type": "Nothing", "ret-type": "Nothing"},
{"meta-type": "command", "name": "query-commands", "arg-type": "Nothing", "ret-type": "[CommandInfo]"},
{"meta-type": "command", "name": "query-name", "arg-type": "Nothing", "ret-type": "NameInfo"},
{"meta-type": "command", "name": "query-qmp-schema", "arg-type": "Nothing", "ret-type": "[SchemaInfo]"},
{"meta-type": "command", "name": "query-version", "arg-type": "Nothing", "ret-type": "VersionInfo"},
{"meta-type": "command", "name": "query-machine", "arg-type": "MachineName", "ret-type": "MachineInfo"},
{"meta-type": "command", "name": "query-machines", "arg-type": "Nothing", "ret-type": "[MachineInfo]"},
{"meta-type": "command", "name": "machine-restart", "arg-type": "MachineName", "ret-type": "Nothing"},
{"meta-type": "command", "name": "machine-start", "arg-type": "MachineName", "ret-type": "Nothing"},
{"meta-type": "command", "name": "machine-stop", "arg-type": "StopArguments", "ret-type": "MachineEnd"},
{"meta-type": "command", "name": "machines-shutdown", "arg-type": "ShutdownArguments", "ret-type": "Nothing"},
{"meta-type": "event", "name": "MACHINE_STATE_CHANGED", "arg-type": "MachineInfo"},
{"meta-type": "event", "name": "MACHINE_GAVE_UP", "arg-type": "MachineInfo"}
])";

json::object enumeration(std::string_view name, std::vector<std::string> const& values)
{
    json::array members;
    json::array names;
    for (std::string const& each : values) {
        json::object member;
        member["name"] = each;
        members.emplace_back(std::move(member));
        names.emplace_back(each);
    }
    json::object result;
    result["meta-type"] = "enum";
    result["name"] = name;
    result["members"] = std::move(members);
    result["values"] = std::move(names);  // as before QEMU 6.2
    return result;
}

json::array make_schema()
{
    json::array result = json::parse(written_schema).as_array();
    result.emplace_back(enumeration("MachineState", state_names()));
    result.emplace_back(enumeration("MachineReason", reason_names()));
    result.emplace_back(enumeration("MachineFileProblem", {"refused", "missing"}));
    result.emplace_back(enumeration("MachineLiveness", {"gone", "responsive", "busy", "silent"}));
    return result;
}

bool is_command(json::value const& entry)
{
    return entry.get_object().at("meta-type") == "command";
}

std::string_view name_in(json::value const& entry)
{
    return entry.get_object().at("name").get_string();
}

}  // namespace

json::array const& control_schema()
{
    static json::array const result = make_schema();
    return result;
}

json::array control_schema(coqmp::monitor_policy const& policy)
{
    json::array result;
    for (json::value const& each : control_schema())
        if (!is_command(each) || policy.allows(name_in(each)))
            result.push_back(each);
    return result;
}

std::vector<std::string> control_commands()
{
    std::vector<std::string> result;
    for (json::value const& each : control_schema())
        if (is_command(each))
            result.emplace_back(name_in(each));
    std::ranges::sort(result);
    return result;
}

json::array control_commands(coqmp::monitor_policy const& policy)
{
    json::array result;
    for (std::string const& each : control_commands()) {
        if (!policy.allows(each))
            continue;
        json::object entry;
        entry["name"] = each;
        result.emplace_back(std::move(entry));
    }
    return result;
}

}  // namespace coqmpd
