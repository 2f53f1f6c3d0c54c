#include "daemon/access/policy_table.hpp"

#include <utility>

namespace coqmp_daemon {

std::vector<coqmp::monitor_policy> built_in_policies()
{
    std::vector<coqmp::monitor_policy> result;
    for (std::string const& name : coqmp::monitor_policy::built_in_names())
        result.push_back(*coqmp::monitor_policy::named(name));
    return result;
}

policy_table::policy_table(policy_map const& own, std::vector<coqmp::monitor_policy> const& built_in)
{
    for (coqmp::monitor_policy const& each : built_in)
        policies_.emplace(each.name(), std::make_shared<coqmp::monitor_policy const>(each));
    for (auto const& [name, settings] : own)
        make(name, own);
}

/// A policy, and before it the one that it extends.
policy_table::policy_pointer policy_table::make(std::string const& name, policy_map const& own)
{
    if (auto known = find(name))
        return known;
    policy_settings const& settings = own.at(name).value;
    std::string const& base = settings.extends.value;
    auto made = base.empty() ? coqmp::monitor_policy(name) : coqmp::monitor_policy(name, *make(base, own));
    for (located<std::string> const& command : settings.allow)
        made.allow(command.value);
    return policies_.emplace(name, std::make_shared<coqmp::monitor_policy const>(std::move(made))).first->second;
}

policy_table::policy_pointer policy_table::find(std::string_view name) const
{
    auto const found = policies_.find(name);
    return found == policies_.end() ? nullptr : found->second;
}

std::vector<std::string> policy_table::names() const
{
    std::vector<std::string> result;
    for (auto const& [name, policy] : policies_)
        result.push_back(name);
    return result;
}

}  // namespace coqmp_daemon
