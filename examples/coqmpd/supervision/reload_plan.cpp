#include "supervision/reload_plan.hpp"

#include <algorithm>
#include <string_view>

namespace coqmpd {

namespace {

bool has(std::vector<std::string> const& keys, std::string_view key)
{
    return std::ranges::find(keys, key) != keys.end();
}

/// Whether the supervisor has to know. Hooks, the monitor and the limits of a cgroup are the daemon's own.
bool concerns_supervisor(changed_machine const& change)
{
    auto const is_supervisors = [](std::string const& key) { return key != "hook" && key != "monitor" && key != "limits"; };
    return !change.needs_restart.empty() || std::ranges::any_of(change.applied, is_supervisors);
}

}  // namespace

reload_plan plan_reload(machine_changes const& changes)
{
    reload_plan result;
    result.added = changes.added;
    result.removed = changes.removed;
    result.replaced = changes.replaced;
    for (changed_machine const& each : changes.changed) {
        if (concerns_supervisor(each)) {
            result.updated.push_back(each.name);
            continue;
        }
        if (has(each.applied, "limits"))
            result.limited.push_back(each.name);
        if (has(each.applied, "hook"))
            result.hooked.push_back(each.name);
        if (has(each.applied, "monitor"))
            result.offered.push_back(each.name);
    }
    return result;
}

}  // namespace coqmpd
