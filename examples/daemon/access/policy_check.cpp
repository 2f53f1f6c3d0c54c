#include "daemon/access/policy_check.hpp"

#include "daemon/printable_text.hpp"

#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace coqmp_daemon {

policy_check::policy_check(policy_map const& own, std::vector<std::string> built_in, problem_list& problems)
    : own_(own), built_in_(std::move(built_in)), problems_(problems)
{}

bool policy_check::is_built_in(std::string const& name) const
{
    return std::ranges::find(built_in_, name) != built_in_.end();
}

void policy_check::check_policies()
{
    for (auto const& [name, policy] : own_)
        check_policy(name, policy);
}

void policy_check::check_name(located<std::string> const& name)
{
    if (is_built_in(name.value) || own_.contains(name.value) || name.value == no_policy)
        return;
    std::vector<std::string> known = built_in_;
    for (auto const& each : own_)
        known.push_back(each.first);
    std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(name.value, known));
    problems_.add(name.position,
                  "unknown policy \"" + printable(name.value, 60) + '"' + (suggestion.empty() ? "" : ": " + suggestion));
}

void policy_check::check_policy(std::string const& name, located<policy_settings> const& policy)
{
    std::string const subject = "policy \"" + printable(name, 60) + '"';
    if (name.empty())
        problems_.add(policy.position, "a policy needs a name");
    if (is_built_in(name) || name == no_policy)
        problems_.add(policy.position, subject + " is built in and cannot be redefined: choose another name");
    located<std::string> const& base = policy.value.extends;
    if (base.value.empty())
        return;
    if (base.value == no_policy)
        problems_.add(base.position, subject + " cannot extend \"none\": leave out extends");
    else
        check_name(base);
    if (leads_back(name))
        problems_.add(base.position, subject + " extends itself, perhaps through others");
}

/// Whether the bases of a policy lead back to it. A circle of other policies is reported for those policies.
bool policy_check::leads_back(std::string const& name) const
{
    std::string next = name;
    for (std::size_t steps = 0; steps <= own_.size(); ++steps) {
        auto const found = own_.find(next);
        if (found == own_.end() || is_built_in(next))
            return false;
        next = found->second.value.extends.value;
        if (next == name)
            return true;
    }
    return false;
}

void policy_check::check_socket(access_settings const& socket)
{
    check_name(socket.policy);
    for (auto const* const accounts : {&socket.users, &socket.groups})
        for (account_policy const& each : *accounts)
            check_name(each.policy);
    if (socket.policy.value == no_policy && socket.users.empty() && socket.groups.empty())
        problems_.add(socket.policy.position, "with the policy \"none\", and without users and groups, no client could use it");
}

}  // namespace coqmp_daemon
