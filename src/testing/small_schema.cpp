#include "testing/small_schema.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <string_view>

namespace json = boost::json;

namespace coqmp::testing::detail {

namespace {

/// The commands and events of every fake QEMU, as QEMU describes them.
constexpr std::string_view own_entries = R"([
{"name": "str", "meta-type": "builtin", "json-type": "string"},
{"name": "bool", "meta-type": "builtin", "json-type": "boolean"},
{"name": "int", "meta-type": "builtin", "json-type": "int"},
{"name": "any", "meta-type": "builtin", "json-type": "value"},
{"name": "0", "meta-type": "object", "members": []},
{"name": "1", "meta-type": "object", "members": [{"name": "enable", "type": "[2]", "default": null}]},
{"name": "2", "meta-type": "enum", "members": [{"name": "oob"}], "values": ["oob"]},
{"name": "[2]", "meta-type": "array", "element-type": "2"},
{"name": "3", "meta-type": "object", "members": [{"name": "qemu", "type": "4"}, {"name": "package", "type": "str"}]},
{"name": "4", "meta-type": "object", "members":
    [{"name": "major", "type": "int"}, {"name": "minor", "type": "int"}, {"name": "micro", "type": "int"}]},
{"name": "5", "meta-type": "object", "members": [{"name": "name", "type": "str", "default": null}]},
{"name": "6", "meta-type": "object", "members": [{"name": "running", "type": "bool"}, {"name": "status", "type": "str"}]},
{"name": "7", "meta-type": "object", "members": [{"name": "name", "type": "str"}]},
{"name": "[7]", "meta-type": "array", "element-type": "7"},
{"name": "[any]", "meta-type": "array", "element-type": "any"},
{"name": "8", "meta-type": "object", "members": [{"name": "guest", "type": "bool"}, {"name": "reason", "type": "str"}]},
{"name": "9", "meta-type": "object", "members": [{"name": "action", "type": "str"}]},
{"name": "10", "meta-type": "object", "members":
    [{"name": "device", "type": "str"}, {"name": "node-name", "type": "str", "default": null}, {"name": "operation", "type": "str"},
     {"name": "action", "type": "str"}, {"name": "nospace", "type": "bool", "default": null}, {"name": "reason", "type": "str"}]},
{"name": "cont", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
{"name": "qmp_capabilities", "meta-type": "command", "arg-type": "1", "ret-type": "0"},
{"name": "query-commands", "meta-type": "command", "arg-type": "0", "ret-type": "[7]"},
{"name": "query-name", "meta-type": "command", "arg-type": "0", "ret-type": "5"},
{"name": "query-qmp-schema", "meta-type": "command", "arg-type": "0", "ret-type": "[any]"},
{"name": "query-status", "meta-type": "command", "arg-type": "0", "ret-type": "6"},
{"name": "query-version", "meta-type": "command", "arg-type": "0", "ret-type": "3"},
{"name": "quit", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
{"name": "stop", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
{"name": "system_powerdown", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
{"name": "system_reset", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
{"name": "system_wakeup", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
{"name": "BLOCK_IO_ERROR", "meta-type": "event", "arg-type": "10"},
{"name": "GUEST_CRASHLOADED", "meta-type": "event", "arg-type": "9"},
{"name": "GUEST_PANICKED", "meta-type": "event", "arg-type": "9"},
{"name": "POWERDOWN", "meta-type": "event", "arg-type": "0"},
{"name": "RESET", "meta-type": "event", "arg-type": "8"},
{"name": "RESUME", "meta-type": "event", "arg-type": "0"},
{"name": "SHUTDOWN", "meta-type": "event", "arg-type": "8"},
{"name": "STOP", "meta-type": "event", "arg-type": "0"},
{"name": "SUSPEND", "meta-type": "event", "arg-type": "0"},
{"name": "WAKEUP", "meta-type": "event", "arg-type": "0"},
{"name": "WATCHDOG", "meta-type": "event", "arg-type": "9"}
])";

bool has_entry(json::array const& entries, std::string const& name)
{
    return std::ranges::any_of(entries, [&name](json::value const& each) { return each.at("name") == json::value(name); });
}

}  // namespace

json::array small_schema(std::vector<std::string> const& commands)
{
    json::array result = json::parse({own_entries.data(), own_entries.size()}).as_array();
    for (std::string const& name : commands)
        if (!has_entry(result, name))
            result.push_back(json::object{{"name", name}, {"meta-type", "command"}, {"arg-type", "0"}, {"ret-type", "any"}});
    return result;
}

}  // namespace coqmp::testing::detail
