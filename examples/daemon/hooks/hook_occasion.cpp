#include "daemon/hooks/hook_occasion.hpp"

#include "daemon/printable_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace coqmp_daemon {

namespace {

/// No event has a longer name. The limit keeps execve() from failing.
constexpr std::size_t longest_variable = 256;

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
        result["event"] = occasion.event;
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
