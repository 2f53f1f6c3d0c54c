#include "configuration/policy_table.hpp"

#include <utility>

namespace qmp_proxy {

policy_table::policy_table(std::map<std::string, located<policy_settings>> const& own)
{
    for (std::string const& name : coqmp::monitor_policy::built_in_names())
        policies_.emplace(name, std::make_shared<coqmp::monitor_policy const>(*coqmp::monitor_policy::named(name)));
    for (auto const& [name, settings] : own)
        make(name, own);
}

/// A policy, and before it the one that it extends.
policy_table::policy_pointer policy_table::make(std::string const& name,
                                                std::map<std::string, located<policy_settings>> const& own)
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

std::shared_ptr<coqmp::monitor_policy const> policy_table::find(std::string_view name) const
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

}  // namespace qmp_proxy
