#include "daemon/hooks/hook_occasion.hpp"

#include "daemon/printable_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp_daemon {

namespace {

/// No event has a longer name. The limit keeps execve() from failing.
constexpr std::size_t longest_variable = 256;

/// The longest data of an event that a hook gets, in bytes of JSON. Those of QEMU's own events are far shorter. Up to 1,000 inputs
/// wait.
constexpr std::size_t longest_data = std::size_t{64} << 10;

/// Whether a text would be too long, without making all of it.
bool is_too_long(boost::json::object const& data)
{
    boost::json::serializer writer;
    writer.reset(&data);
    std::vector<char> buffer(longest_data);
    (void)writer.read(buffer.data(), buffer.size());
    return !writer.done();
}

bool is_listed(std::vector<std::string> const& list, std::string const& name)
{
    return std::ranges::find(list, name) != list.end();
}

}  // namespace

bool hook_selection::has(hook_occasion const& occasion) const
{
    if (events.empty() && states.empty() && reasons.empty())
        return true;
    if (!occasion.event.empty())
        return is_listed(events, occasion.event);
    return is_listed(states, occasion.state) || is_listed(reasons, occasion.reason);
}

std::string hook_input(hook_occasion const& occasion)
{
    boost::json::object result;
    result["machine"] = occasion.machine;
    if (!occasion.state.empty())
        result["state"] = occasion.state;
    if (!occasion.reason.empty())
        result["reason"] = occasion.reason;
    if (!occasion.event.empty()) {
        bool const has_usual_name = occasion.event.size() <= longest_variable;
        result["event"] = has_usual_name ? occasion.event : printable(occasion.event, longest_variable);
        if (is_too_long(occasion.data))
            result["data-left-out"] = true;
        else
            result["data"] = occasion.data;
    }
    return boost::json::serialize(result) + '\n';
}

std::vector<std::string> hook_environment(hook_occasion const& occasion, std::vector<std::string> const& inherited)
{
    std::vector<std::string> result;
    for (std::string const& each : inherited)
        if (!each.starts_with("COQMP_"))
            result.push_back(each);
    std::pair<std::string_view, std::string const&> const variables[] = {{"COQMP_MACHINE=", occasion.machine},
                                                                         {"COQMP_STATE=", occasion.state},
                                                                         {"COQMP_REASON=", occasion.reason},
                                                                         {"COQMP_EVENT=", occasion.event}};
    for (auto const& [name, value] : variables)
        result.push_back(std::string(name) + printable(value, longest_variable));
    return result;
}

}  // namespace coqmp_daemon
