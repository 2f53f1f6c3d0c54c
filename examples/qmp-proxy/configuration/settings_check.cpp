#include "configuration/settings_check.hpp"

#include "daemon/access/policy_check.hpp"

#include <coqmp/monitor_policy.hpp>

#include <optional>
#include <vector>

namespace qmp_proxy {

namespace {

using coqmp_daemon::problem_list;

class checker
{
public:
    checker(settings const& read, problem_list& problems)
        : read_(read), problems_(problems), policies_(read.policies, coqmp::monitor_policy::built_in_names(), problems)
    {}

    void check()
    {
        policies_.check_policies();
        for (listen_settings const& each : read_.listen)
            check_listen(each);
        for (dial_settings const& each : read_.dial) {
            check_address(each.address);
            policies_.check_name(each.policy);
            if (each.reconnect && each.address.value->is_descriptor())
                problems_.add(each.address.position,
                              each.address.value->to_string() + " cannot be dialed again: leave out reconnect");
            if (each.policy.value == no_policy)
                problems_.add(each.policy.position, "with the policy \"none\", the client could not do anything");
        }
    }

private:
    void check_listen(listen_settings const& each)
    {
        check_address(each.address);
        policies_.check_socket(each);
        if (!each.address.value->is_tcp())
            return;
        for (auto const position : {position_of(each.mode), position_of(each.owner), position_of(each.group)})
            if (position)
                problems_.add(*position, "a TCP port has no mode, owner or group: anyone who reaches it can use it");
        if (!each.users.empty() || !each.groups.empty())
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
    coqmp_daemon::policy_check policies_;
    std::vector<coqmp::endpoint> addresses_;
};

}  // namespace

void check_settings(settings const& read, problem_list& problems)
{
    checker(read, problems).check();
}

}  // namespace qmp_proxy
