#include "qemu/completion_values.hpp"

#include "language/complete/completion_source.hpp"
#include "language/explain/similar.hpp"
#include "language/json_access.hpp"
#include "qemu/device_lists.hpp"
#include "qemu/file_names.hpp"
#include "terminal/text.hpp"

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

json::array list_of(monitor& qemu, coqmp::command what)
{
    auto found = qemu.look_up(std::move(what));
    return found && found->is_array() ? std::move(found->get_array()) : json::array();
}

using candidates = std::vector<candidate>;

candidates members_of(monitor& qemu, coqmp::command what, std::string_view name, std::string_view description = {})
{
    candidates result;
    for (json::value const& each : list_of(qemu, std::move(what)))
        result.push_back({std::string(text_in(each, name)), std::string(text_in(each, description)), true});
    return result;
}

/// QEMU makes names for nodes without one, such as `#block010`: only if the user begins to type such a name.
candidates node_names(monitor& qemu, std::string_view prefix)
{
    candidates result = members_of(qemu, coqmp::command("query-named-block-nodes").with("flat", true), "node-name", "drv");
    std::erase_if(result, [prefix](candidate const& each) { return each.text.starts_with('#') && !prefix.starts_with('#'); });
    return result;
}

/// The objects that a user has created: QEMU's own have no names there.
candidates children_of(monitor& qemu, std::string_view path)
{
    candidates result;
    for (json::value const& each : list_of(qemu, coqmp::command("qom-list").with("path", path))) {
        if (has_children(text_in(each, "type")))
            result.push_back({std::string(text_in(each, "name")), std::string(text_in(each, "type")), true});
    }
    return result;
}

candidates device_ids(monitor& qemu)
{
    return children_of(qemu, "/machine/peripheral");
}

/// Whether device_del would be refused: the bus of the device, or the device itself, cannot do it.
bool is_fixed(monitor& qemu, std::string const& id)
{
    auto const told =
        qemu.look_up(coqmp::command("qom-get").with("path", "/machine/peripheral/" + id).with("property", "hotpluggable"));
    return told && told->is_bool() && !told->get_bool();
}

candidates removable_ids(monitor& qemu, std::string_view prefix)
{
    constexpr std::size_t most = 64;  // each costs a question
    candidates result = device_ids(qemu);
    std::erase_if(result, [prefix](candidate const& each) { return !each.text.starts_with(prefix); });
    if (result.size() <= most)
        std::erase_if(result, [&qemu](candidate const& each) { return is_fixed(qemu, each.text); });
    return result;
}

/// What the human monitor says. @return empty: it says nothing, or there is none
std::string human_text(monitor& qemu, std::string_view line)
{
    auto const text = qemu.look_up(coqmp::command("human-monitor-command").with("command-line", line));
    return text && text->is_string() ? std::string(std::string_view(text->get_string())) : std::string();
}

/// No command lists them all; HMP's text does: `net0: index=0,type=user,...`, indented or after a backslash.
candidates network_ids(monitor& qemu)
{
    candidates result;
    std::string const text = human_text(qemu, "info network");
    for (std::string_view line : lines_of(text)) {
        std::size_t const begin = line.find_first_not_of(" \\");
        std::size_t const end = line.find(": index=");
        if (begin < end && end != std::string_view::npos)
            result.push_back({std::string(line.substr(begin, end - begin)), std::string(line.substr(end + 2)), true});
    }
    return result;
}

candidates netdev_ids(monitor& qemu)
{
    candidates result = network_ids(qemu);
    std::erase_if(result, [](candidate const& each) { return each.description.find("type=nic") != std::string::npos; });
    return result;
}

candidates qom_paths(monitor& qemu, std::string_view prefix)
{
    candidates result;
    std::string const directory(prefix.substr(0, prefix.rfind('/') + 1));  // npos + 1 is 0
    if (directory.empty())
        return {{"/", {}, false}};
    std::string const path = directory.size() > 1 ? directory.substr(0, directory.size() - 1) : directory;
    for (json::value const& each : list_of(qemu, coqmp::command("qom-list").with("path", path))) {
        if (has_children(text_in(each, "type")))
            result.push_back({directory + std::string(text_in(each, "name")), std::string(text_in(each, "type")), false});
    }
    return result;
}

candidates qom_properties(monitor& qemu, json::object const& arguments)
{
    candidates result;
    for (json::value const& each : list_of(qemu, coqmp::command("qom-list").with("path", text_in(arguments, "path")))) {
        if (!text_in(each, "type").starts_with("child<"))
            result.push_back({std::string(text_in(each, "name")), std::string(text_in(each, "type")), true});
    }
    return result;
}

candidates device_types(monitor& qemu)
{
    return members_of(qemu, coqmp::command("qom-list-types").with("implements", "device").with("abstract", false), "name",
                      "parent");
}

/// QMP does not report what a user may add.
candidates device_drivers(monitor& qemu)
{
    candidates result;
    for (listed_driver const& each : drivers_in(human_text(qemu, "info qdm"))) {
        std::string const between = each.bus.empty() || each.purpose.empty() ? "" : ", ";
        result.push_back({each.name, each.bus + between + each.purpose, true});
    }
    return result.empty() ? device_types(qemu) : result;
}

/// The buses of the kind that the driver needs; all, if it has not been chosen.
candidates buses(monitor& qemu, json::object const& arguments)
{
    std::string_view const driver = text_in(arguments, "driver");
    std::vector<listed_driver> const drivers =
        driver.empty() ? std::vector<listed_driver>() : drivers_in(human_text(qemu, "info qdm"));
    auto const chosen =
        std::find_if(drivers.begin(), drivers.end(), [driver](listed_driver const& each) { return each.name == driver; });
    std::vector<std::string> fitting;
    if (chosen != drivers.end() && !chosen->bus.empty()) {
        for (json::value const& each : list_of(qemu, coqmp::command("qom-list-types").with("implements", chosen->bus)))
            fitting.emplace_back(text_in(each, "name"));
    }
    candidates result;
    for (listed_bus const& each : buses_in(human_text(qemu, "info qtree"))) {
        if (fitting.empty() || std::find(fitting.begin(), fitting.end(), each.type) != fitting.end())
            result.push_back({each.name, each.type, true});
    }
    return result;
}

/// Those of the node that was named; all, if none was.
candidates bitmaps(monitor& qemu, json::object const& arguments)
{
    std::string_view node = text_in(arguments, "node");
    if (node.empty())
        node = text_in(arguments, "device");
    candidates result;
    for (json::value const& each : list_of(qemu, coqmp::command("query-named-block-nodes").with("flat", true))) {
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

candidates device_properties(monitor& qemu, json::object const& arguments)
{
    candidates result;
    std::string_view const driver = text_in(arguments, "driver");
    if (driver.empty())
        return result;
    for (json::value const& each : list_of(qemu, coqmp::command("device-list-properties").with("typename", driver))) {
        std::string_view const name = text_in(each, "name");
        std::string_view const type = text_in(each, "type");
        if (has_children(type) || arguments.contains(name))
            continue;
        std::string_view const words = text_in(each, "description");
        result.push_back({std::string(name) + '=', std::string(type) + (words.empty() ? "" : ", ") + std::string(words), false});
    }
    return result;
}

candidates wished(live wish, std::string_view prefix, json::object const& arguments, monitor& qemu)
{
    switch (wish) {
        case live::none:
            break;
        case live::node_name:
            return node_names(qemu, prefix);
        case live::block_device:
            return members_of(qemu, "query-block", "device", "qdev");
        case live::device_id:
            return device_ids(qemu);
        case live::removable_id:
            return removable_ids(qemu, prefix);
        case live::job_id:
            return members_of(qemu, "query-jobs", "id", "status");
        case live::chardev_id:
            return members_of(qemu, "query-chardev", "label", "filename");
        case live::netdev_id:
            return netdev_ids(qemu);
        case live::network_id:
            return network_ids(qemu);
        case live::object_type:
            return members_of(qemu, coqmp::command("qom-list-types").with("implements", "user-creatable").with("abstract", false),
                              "name", "parent");
        case live::iothread_id:
            return members_of(qemu, "query-iothreads", "id");
        case live::object_id:
            return children_of(qemu, "/objects");
        case live::qom_path:
            return qom_paths(qemu, prefix);
        case live::qom_property:
            return qom_properties(qemu, arguments);
        case live::qom_type:
            return members_of(qemu, "qom-list-types", "name", "parent");
        case live::bus:
            return buses(qemu, arguments);
        case live::bitmap:
            return bitmaps(qemu, arguments);
        case live::export_id:
            return members_of(qemu, "query-block-exports", "id", "node-name");
        case live::file:
            return file_names(prefix);
        case live::device_type:
            return device_types(qemu);
        case live::device_driver:
            return device_drivers(qemu);
        case live::device_property:
            return device_properties(qemu, arguments);
    }
    return {};
}

/// The values for a wish, without characters that control a terminal. Names of files with such characters were left out; the
/// others must stay unchanged.
candidates granted(live wish, std::string_view prefix, json::object const& arguments, monitor& qemu)
{
    candidates result = wished(wish, prefix, arguments, qemu);
    if (wish == live::file)
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
    std::string result = qmp_shell::quoted(what.text, quote);
    if (!what.final && result != what.text)
        result.pop_back();
    return result;
}

}  // namespace

std::vector<std::string> driver_names(monitor& qemu)
{
    std::vector<std::string> result;
    for (candidate& each : granted(live::device_driver, {}, {}, qemu))
        result.push_back(std::move(each.text));
    return result;
}

std::vector<candidate> live_values(live wish, std::string_view prefix, json::object const& arguments, monitor& qemu)
{
    candidates found = granted(wish, prefix, arguments, qemu);
    std::erase_if(found, [prefix](candidate const& each) { return each.text.empty() || !each.text.starts_with(prefix); });
    std::sort(found.begin(), found.end(), [](candidate const& left, candidate const& right) { return left.text < right.text; });
    return found;
}

std::vector<std::string> similar_values(std::string_view command, std::string_view path, std::string_view value,
                                        json::object const& arguments, monitor& qemu)
{
    live wish = live_wish(command, path.ends_with(']') ? path.substr(0, path.rfind('[')) : path, nullptr);
    if (wish == live::removable_id)  // what cannot be removed may be meant all the same
        wish = live::device_id;
    constexpr std::size_t longest = 1000;  // QEMU would be sent it once more
    if (wish == live::file || value.size() > longest)
        return {};
    // Of paths only the last part: the others are alike anyway.
    std::size_t const begin = wish == live::qom_path ? value.rfind('/') + 1 : 0;  // npos + 1 is 0
    std::vector<std::string> names;
    for (candidate const& each : granted(wish, value, arguments, qemu))
        names.push_back(each.text.substr(std::min(begin, each.text.size())));
    std::vector<std::string> result = similar_to(value.substr(begin), names);
    for (std::string& each : result)
        each.insert(0, value.substr(0, begin));
    return result;
}

void add_live_values(completion& to, monitor& qemu)
{
    candidates found = live_values(to.wish, to.prefix, to.arguments, qemu);
    for (candidate& each : found) {
        bool const property = to.wish == live::device_property;
        if (property && to.in_braces)
            each.text = qmp_shell::quoted(each.text.substr(0, each.text.size() - 1), to.quote) + ": ";
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
