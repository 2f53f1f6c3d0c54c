#include "qemu/completion_values.hpp"

#include "language/complete/completion_source.hpp"
#include "language/members.hpp"
#include "qemu/device_lists.hpp"
#include "qemu/file_names.hpp"
#include "terminal/columns.hpp"

#include <coqmp/similar_names.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace qmp_shell {

namespace {

bool has_children(std::string_view type)
{
    return type.starts_with("child<") || type.starts_with("link<");
}

json::array list_of(monitor& monitor, coqmp::command what)
{
    auto found = monitor.look_up(std::move(what));
    return found && found->is_array() ? std::move(found->get_array()) : json::array();
}

using candidates = std::vector<candidate>;

candidates members_of(monitor& monitor, coqmp::command what, std::string_view name, std::string_view description = {})
{
    candidates result;
    for (json::value const& each : list_of(monitor, std::move(what)))
        result.push_back({std::string(text_in(each, name)), std::string(text_in(each, description)), true});
    return result;
}

/// QEMU makes names for nodes without one, such as `#block010`: only if the user begins to type such a name.
candidates node_names(monitor& monitor, std::string_view prefix)
{
    candidates result = members_of(monitor, coqmp::command("query-named-block-nodes").with("flat", true), "node-name", "drv");
    std::erase_if(result, [prefix](candidate const& each) { return each.text.starts_with('#') && !prefix.starts_with('#'); });
    return result;
}

/// What stands at a path of QEMU's tree of objects: objects, or properties with values of their own.
candidates listed_at(monitor& monitor, std::string_view path, bool objects)
{
    candidates result;
    for (json::value const& each : list_of(monitor, coqmp::command("qom-list").with("path", path))) {
        std::string_view const type = text_in(each, "type");
        if (objects ? has_children(type) : !type.starts_with("child<"))
            result.push_back({std::string(text_in(each, "name")), std::string(type), true});
    }
    return result;
}

/// QEMU's own devices have no names there.
candidates device_ids(monitor& monitor)
{
    return listed_at(monitor, "/machine/peripheral", true);
}

/// Whether device_del would be refused: the bus of the device, or the device itself, cannot do it.
bool is_fixed(monitor& monitor, std::string const& id)
{
    auto const answer =
        monitor.look_up(coqmp::command("qom-get").with("path", "/machine/peripheral/" + id).with("property", "hotpluggable"));
    return answer && answer->is_bool() && !answer->get_bool();
}

candidates removable_ids(monitor& monitor, std::string_view prefix)
{
    constexpr std::size_t most = 64;  // each costs a question
    candidates result = device_ids(monitor);
    std::erase_if(result, [prefix](candidate const& each) { return !each.text.starts_with(prefix); });
    if (result.size() <= most)
        std::erase_if(result, [&monitor](candidate const& each) { return is_fixed(monitor, each.text); });
    return result;
}

/// What the human monitor says. @return empty: it says nothing, or there is none
std::string human_text(monitor& monitor, std::string_view line)
{
    auto const text = monitor.look_up(coqmp::command("human-monitor-command").with("command-line", line));
    return text && text->is_string() ? std::string(std::string_view(text->get_string())) : std::string();
}

/// No command lists them all; HMP's text does: `net0: index=0,type=user,...`, indented or after a backslash.
candidates network_ids(monitor& monitor)
{
    candidates result;
    std::string const text = human_text(monitor, "info network");
    for (std::string_view line : parts_of(text, '\n')) {
        std::size_t const begin = line.find_first_not_of(" \\");
        std::size_t const end = line.find(": index=");
        if (begin < end && end != std::string_view::npos)
            result.push_back({std::string(line.substr(begin, end - begin)), std::string(line.substr(end + 2)), true});
    }
    return result;
}

candidates netdev_ids(monitor& monitor)
{
    candidates result = network_ids(monitor);
    std::erase_if(result, [](candidate const& each) { return each.description.find("type=nic") != std::string::npos; });
    return result;
}

candidates qom_paths(monitor& monitor, std::string_view prefix)
{
    std::string const directory(prefix.substr(0, prefix.rfind('/') + 1));  // npos + 1 is 0
    if (directory.empty())
        return {{"/", {}, false}};
    candidates result = listed_at(monitor, directory.size() > 1 ? directory.substr(0, directory.size() - 1) : directory, true);
    for (candidate& each : result)
        each = {directory + each.text, each.description, false};
    return result;
}

candidates device_types(monitor& monitor)
{
    return members_of(monitor, coqmp::command("qom-list-types").with("implements", "device").with("abstract", false), "name",
                      "parent");
}

/// QMP does not report what a user may add.
candidates device_drivers(monitor& monitor)
{
    candidates result;
    for (listed_driver const& each : drivers_in(human_text(monitor, "info qdm"))) {
        std::string const between = each.bus.empty() || each.purpose.empty() ? "" : ", ";
        result.push_back({each.name, each.bus + between + each.purpose, true});
    }
    return result.empty() ? device_types(monitor) : result;
}

/// The buses of the kind that the driver needs; all, if it has not been chosen.
candidates buses(monitor& monitor, json::object const& arguments)
{
    std::string_view const driver = text_in(arguments, "driver");
    std::vector<listed_driver> const drivers =
        driver.empty() ? std::vector<listed_driver>() : drivers_in(human_text(monitor, "info qdm"));
    auto const chosen =
        std::find_if(drivers.begin(), drivers.end(), [driver](listed_driver const& each) { return each.name == driver; });
    std::vector<std::string> fitting;
    if (chosen != drivers.end() && !chosen->bus.empty()) {
        for (json::value const& each : list_of(monitor, coqmp::command("qom-list-types").with("implements", chosen->bus)))
            fitting.emplace_back(text_in(each, "name"));
    }
    candidates result;
    for (listed_bus const& each : buses_in(human_text(monitor, "info qtree"))) {
        if (fitting.empty() || std::find(fitting.begin(), fitting.end(), each.type) != fitting.end())
            result.push_back({each.name, each.type, true});
    }
    return result;
}

/// Those of the node that was named; all, if none was.
candidates bitmaps(monitor& monitor, json::object const& arguments)
{
    std::string_view node = text_in(arguments, "node");
    if (node.empty())
        node = text_in(arguments, "device");
    candidates result;
    for (json::value const& each : list_of(monitor, coqmp::command("query-named-block-nodes").with("flat", true))) {
        std::string_view const name = text_in(each, "node-name");
        json::value const* const found = each.is_object() ? each.get_object().if_contains("dirty-bitmaps") : nullptr;
        json::array const* const listed = found != nullptr ? found->if_array() : nullptr;
        if (listed == nullptr || (!node.empty() && node != name))
            continue;
        for (json::value const& bitmap : *listed)
            result.push_back({std::string(text_in(bitmap, "name")), "of " + std::string(name), true});
    }
    return result;
}

candidates device_properties(monitor& monitor, json::object const& arguments)
{
    candidates result;
    std::string_view const driver = text_in(arguments, "driver");
    if (driver.empty())
        return result;
    for (json::value const& each : list_of(monitor, coqmp::command("device-list-properties").with("typename", driver))) {
        std::string_view const name = text_in(each, "name");
        std::string_view const type = text_in(each, "type");
        if (has_children(type) || arguments.contains(name))
            continue;
        std::string_view const words = text_in(each, "description");
        result.push_back({std::string(name) + '=', std::string(type) + (words.empty() ? "" : ", ") + std::string(words), false});
    }
    return result;
}

candidates list(completion_source source, std::string_view prefix, json::object const& arguments, monitor& monitor)
{
    switch (source) {
        case completion_source::none:
            break;
        case completion_source::node_name:
            return node_names(monitor, prefix);
        case completion_source::block_device:
            return members_of(monitor, "query-block", "device", "qdev");
        case completion_source::device_id:
            return device_ids(monitor);
        case completion_source::removable_id:
            return removable_ids(monitor, prefix);
        case completion_source::job_id:
            return members_of(monitor, "query-jobs", "id", "status");
        case completion_source::chardev_id:
            return members_of(monitor, "query-chardev", "label", "filename");
        case completion_source::netdev_id:
            return netdev_ids(monitor);
        case completion_source::network_id:
            return network_ids(monitor);
        case completion_source::object_type:
            return members_of(monitor,
                              coqmp::command("qom-list-types").with("implements", "user-creatable").with("abstract", false),
                              "name", "parent");
        case completion_source::iothread_id:
            return members_of(monitor, "query-iothreads", "id");
        case completion_source::object_id:
            return listed_at(monitor, "/objects", true);
        case completion_source::qom_path:
            return qom_paths(monitor, prefix);
        case completion_source::qom_property:
            return listed_at(monitor, text_in(arguments, "path"), false);
        case completion_source::qom_type:
            return members_of(monitor, "qom-list-types", "name", "parent");
        case completion_source::bus:
            return buses(monitor, arguments);
        case completion_source::bitmap:
            return bitmaps(monitor, arguments);
        case completion_source::export_id:
            return members_of(monitor, "query-block-exports", "id", "node-name");
        case completion_source::file:
            return file_names(prefix);
        case completion_source::device_type:
            return device_types(monitor);
        case completion_source::device_driver:
            return device_drivers(monitor);
        case completion_source::device_property:
            return device_properties(monitor, arguments);
    }
    return {};
}

/// The values for a source, without characters that control a terminal. Names of files with such characters were left out; the
/// others must stay unchanged.
candidates safe_list(completion_source source, std::string_view prefix, json::object const& arguments, monitor& monitor)
{
    candidates result = list(source, prefix, arguments, monitor);
    if (source == completion_source::file)
        return result;
    for (candidate& each : result) {
        each.text = in_one_line(each.text);
        each.description = in_one_line(each.description);
    }
    return result;
}

/// As a value has to be written; what goes on stays in an open quote.
std::string written(candidate const& what, char quote)
{
    std::string result = quoted_word(what.text, quote);
    if (!what.final && result != what.text)
        result.pop_back();
    return result;
}

}  // namespace

std::vector<std::string> driver_names(monitor& monitor)
{
    std::vector<std::string> result;
    for (candidate& each : safe_list(completion_source::device_driver, {}, {}, monitor))
        result.push_back(std::move(each.text));
    return result;
}

std::vector<candidate> completion_values(completion_source source, std::string_view prefix, json::object const& arguments,
                                         monitor& monitor)
{
    candidates found = safe_list(source, prefix, arguments, monitor);
    std::erase_if(found, [prefix](candidate const& each) { return each.text.empty() || !each.text.starts_with(prefix); });
    std::sort(found.begin(), found.end(), [](candidate const& left, candidate const& right) { return left.text < right.text; });
    return found;
}

std::vector<std::string> similar_values(std::string_view command, std::string_view path, std::string_view value,
                                        json::object const& arguments, monitor& monitor)
{
    completion_source source =
        source_of(command, path.ends_with(']') ? path.substr(0, path.rfind('[')) : path, coqmp::schema_type());
    if (source == completion_source::removable_id)  // what cannot be removed may be meant all the same
        source = completion_source::device_id;
    constexpr std::size_t longest = 1000;  // QEMU would be sent it once more
    if (source == completion_source::file || value.size() > longest)
        return {};
    // Of paths only the last part: the others are alike anyway.
    std::size_t const begin = source == completion_source::qom_path ? value.rfind('/') + 1 : 0;  // npos + 1 is 0
    std::vector<std::string> names;
    for (candidate const& each : safe_list(source, value, arguments, monitor))
        names.push_back(each.text.substr(std::min(begin, each.text.size())));
    std::vector<std::string> result = coqmp::similar_names(value.substr(begin), names);
    for (std::string& each : result)
        each.insert(0, value.substr(0, begin));
    return result;
}

void add_completion_values(completion& to, monitor& monitor)
{
    candidates found = completion_values(to.source, to.prefix, to.arguments, monitor);
    for (candidate& each : found) {
        bool const property = to.source == completion_source::device_property;
        if (property && to.in_braces)
            each.text = quoted_word(each.text.substr(0, each.text.size() - 1), to.quote) + ": ";
        else if (!property)
            each.text = written(each, to.quote);
    }
    std::erase_if(found, [&to](candidate const& each) {
        return std::any_of(to.candidates.begin(), to.candidates.end(),
                           [&each](candidate const& had) { return had.text == each.text; });
    });
    to.candidates.insert(to.candidates.end(), found.begin(), found.end());
}

}  // namespace qmp_shell
