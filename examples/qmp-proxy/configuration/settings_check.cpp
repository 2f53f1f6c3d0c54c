#include "configuration/settings_check.hpp"

#include "configuration/policy_table.hpp"
#include "daemon/printable_text.hpp"

#include <coqmp/similar_names.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace qmp_proxy {

namespace {

using coqmp_daemon::problem_list;

class checker
{
public:
    checker(settings const& read, problem_list& problems) : read_(read), problems_(problems), names_(names_of(read)) {}

    void check()
    {
        for (auto const& [name, policy] : read_.policies)
            check_policy(name, policy);
        for (listen_settings const& each : read_.listen)
            check_listen(each);
        for (dial_settings const& each : read_.dial) {
            check_address(each.address);
            check_name(each.policy);
            if (each.reconnect && each.address.value->is_descriptor())
                problems_.add(each.address.position,
                              each.address.value->to_string() + " cannot be dialed again: leave out reconnect");
            if (each.policy.value == no_policy)
                problems_.add(each.policy.position, "with the policy \"none\", the client could not do anything");
        }
    }

private:
    static std::vector<std::string> names_of(settings const& read)
    {
        std::vector<std::string> result = coqmp::monitor_policy::built_in_names();
        for (auto const& [name, policy] : read.policies)
            result.push_back(name);
        return result;
    }

    [[nodiscard]] bool exists(std::string const& name) const
    {
        return coqmp::monitor_policy::named(name) || read_.policies.contains(name);
    }

    void check_name(located<std::string> const& name)
    {
        if (exists(name.value) || name.value == no_policy)
            return;
        std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(name.value, names_));
        problems_.add(name.position, "unknown policy \"" + coqmp_daemon::printable(name.value, 60) + '"' +
                                         (suggestion.empty() ? "" : ": " + suggestion));
    }

    void check_policy(std::string const& name, located<policy_settings> const& policy)
    {
        std::string const subject = "policy \"" + coqmp_daemon::printable(name, 60) + '"';
        if (name.empty())
            problems_.add(policy.position, "a policy needs a name");
        if (coqmp::monitor_policy::named(name) || name == no_policy)
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
    [[nodiscard]] bool leads_back(std::string const& name) const
    {
        std::string next = name;
        for (std::size_t steps = 0; steps <= read_.policies.size(); ++steps) {
            auto const found = read_.policies.find(next);
            if (found == read_.policies.end() || coqmp::monitor_policy::named(next))
                return false;
            next = found->second.value.extends.value;
            if (next == name)
                return true;
        }
        return false;
    }

    void check_listen(listen_settings const& each)
    {
        check_address(each.address);
        check_name(each.policy);
        for (auto const* const accounts : {&each.users, &each.groups})
            for (account_policy const& account : *accounts)
                check_name(account.policy);
        bool const knows_accounts = !each.users.empty() || !each.groups.empty();
        if (each.policy.value == no_policy && !knows_accounts)
            problems_.add(each.policy.position, "with the policy \"none\", and without users and groups, no client could use it");
        if (!each.address.value->is_tcp())
            return;
        for (auto const position : {position_of(each.mode), position_of(each.owner), position_of(each.group)})
            if (position)
                problems_.add(*position, "a TCP port has no mode, owner or group: anyone who reaches it can use it");
        if (knows_accounts)
            problems_.add(each.address.position,
                          "the user and the groups of a TCP client are not known: leave out users and groups");
    }

    template <class Value>
    static std::optional<coqmp_daemon::file_position> position_of(located<std::optional<Value>> const& setting)
    {
        return setting.value ? std::optional(setting.position) : std::nullopt;
    }

    void check_address(located<std::optional<coqmp::endpoint>> const& address)
    {
        for (coqmp::endpoint const& each : addresses_)
            if (each == *address.value)
                problems_.add(address.position, address.value->to_string() + " appears twice");
        addresses_.push_back(*address.value);
    }

    settings const& read_;
    problem_list& problems_;
    std::vector<std::string> const names_;
    std::vector<coqmp::endpoint> addresses_;
};

}  // namespace

void check_settings(settings const& read, problem_list& problems)
{
    checker(read, problems).check();
}

}  // namespace qmp_proxy
