#include "live_values.hpp"

#include "json_access.hpp"
#include "text.hpp"

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
        result.push_back({harmless(text_in(each, name)), harmless(text_in(each, description)), true});
    return result;
}

/// QEMU makes names for nodes without one, such as `#block010`: only for who begins to type such a name.
candidates node_names(monitor& qemu, std::string_view prefix)
{
    candidates result = members_of(qemu, coqmp::command("query-named-block-nodes").with("flat", true), "node-name", "drv");
    std::erase_if(result, [prefix](candidate const& each) { return each.text.starts_with('#') && !prefix.starts_with('#'); });
    return result;
}

candidates device_ids(monitor& qemu)
{
    candidates result;
    for (json::value const& each : list_of(qemu, coqmp::command("qom-list").with("path", "/machine/peripheral"))) {
        if (has_children(text_in(each, "type")))
            result.push_back({harmless(text_in(each, "name")), harmless(text_in(each, "type")), true});
    }
    return result;
}

/// No command lists them all; HMP's text does: `net0: index=0,type=user,...`, indented or after a backslash.
candidates netdev_ids(monitor& qemu)
{
    candidates result;
    auto const text = qemu.look_up(coqmp::command("human-monitor-command").with("command-line", "info network"));
    if (!text || !text->is_string())
        return result;
    for (std::string_view line : lines_of(std::string_view(text->get_string()))) {
        std::size_t const begin = line.find_first_not_of(" \\");
        std::size_t const end = line.find(": index=");
        if (begin < end && end != std::string_view::npos)
            result.push_back({harmless(line.substr(begin, end - begin)), harmless(line.substr(end + 2)), true});
    }
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
            result.push_back({directory + harmless(text_in(each, "name")), harmless(text_in(each, "type")), false});
    }
    return result;
}

candidates qom_properties(monitor& qemu, json::object const& arguments)
{
    candidates result;
    for (json::value const& each : list_of(qemu, coqmp::command("qom-list").with("path", text_in(arguments, "path")))) {
        if (!text_in(each, "type").starts_with("child<"))
            result.push_back({harmless(text_in(each, "name")), harmless(text_in(each, "type")), true});
    }
    return result;
}

candidates device_drivers(monitor& qemu)
{
    return members_of(qemu, coqmp::command("qom-list-types").with("implements", "device").with("abstract", false), "name",
                      "parent");
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
        result.push_back(
            {harmless(name) + '=', harmless(std::string(type) + (words.empty() ? "" : ", ") + std::string(words)), false});
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
        case live::job_id:
            return members_of(qemu, "query-jobs", "id", "status");
        case live::chardev_id:
            return members_of(qemu, "query-chardev", "label", "filename");
        case live::netdev_id:
            return netdev_ids(qemu);
        case live::iothread_id:
            return members_of(qemu, "query-iothreads", "id");
        case live::qom_path:
            return qom_paths(qemu, prefix);
        case live::qom_property:
            return qom_properties(qemu, arguments);
        case live::qom_type:
            return members_of(qemu, "qom-list-types", "name", "parent");
        case live::device_driver:
            return device_drivers(qemu);
        case live::device_property:
            return device_properties(qemu, arguments);
    }
    return {};
}

}  // namespace

void add_live_values(completion& to, monitor& qemu)
{
    candidates found = wished(to.wish, to.prefix, to.arguments, qemu);
    std::erase_if(found, [&to](candidate const& each) { return each.text.empty() || !each.text.starts_with(to.prefix); });
    for (candidate& each : found) {
        if (each.final)
            each.text = qmp_shell::quoted(each.text, to.quote);
        else if (to.quote != '\0')
            each.text.insert(0, 1, to.quote);
    }
    std::erase_if(found, [&to](candidate const& each) {
        return std::any_of(to.candidates.begin(), to.candidates.end(),
                           [&each](candidate const& had) { return had.text == each.text; });
    });
    std::sort(found.begin(), found.end(), [](candidate const& left, candidate const& right) { return left.text < right.text; });
    to.candidates.insert(to.candidates.end(), found.begin(), found.end());
}

}  // namespace qmp_shell
