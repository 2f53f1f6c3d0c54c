#include "daemon_settings.hpp"

#include "control/control_policies.hpp"
#include "control/control_schema.hpp"
#include "daemon/access/access_schema.hpp"
#include "daemon/access/policy_check.hpp"
#include "daemon/configuration/configuration.hpp"
#include "daemon/printable_text.hpp"
#include "machines/machine_schema.hpp"

#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace coqmpd {

namespace {

using coqmp_daemon::problem_list;

/// All commands of the control socket are known, so that a name that it does not have is a mistake.
void check_commands(coqmp_daemon::policy_settings const& policy, problem_list& problems)
{
    std::vector<std::string> const known = control_commands();
    for (located<std::string> const& each : policy.allow) {
        if (std::ranges::find(known, each.value) != known.end())
            continue;
        std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(each.value, known));
        problems.add(each.position, "allow: the control socket has no command \"" + coqmp_daemon::printable(each.value, 60) +
                                        '"' + (suggestion.empty() ? "" : ": " + suggestion));
    }
}

void check_settings(daemon_settings const& read, problem_list& problems)
{
    std::vector<std::string> built_in;
    for (coqmp::monitor_policy const& each : control_policies())
        built_in.push_back(each.name());
    coqmp_daemon::policy_check policies(read.policies, built_in, problems);
    policies.check_policies();
    for (auto const& [name, policy] : read.policies)
        check_commands(policy.value, problems);
    for (auto const* const accounts : {&read.control.users, &read.control.groups})
        for (coqmp_daemon::account_policy const& each : *accounts)
            policies.check_name(each.policy);
    policies.check_name(read.control.policy);  // with `none`, root and the daemon's own user are left
}

}  // namespace

coqmp_daemon::table_schema<daemon_settings> daemon_schema()
{
    coqmp_daemon::table_schema<coqmp_daemon::access_settings> control;
    coqmp_daemon::add_access_keys(control);
    coqmp_daemon::table_schema<daemon_settings> result;
    result.table("control", &daemon_settings::control, control)
        .table("monitor", &daemon_settings::monitor, monitor_schema())
        .named_tables("policy", &daemon_settings::policies, coqmp_daemon::policy_schema());
    return result;
}

daemon_settings parse_daemon_settings(std::string_view text, std::string const& file)
{
    return coqmp_daemon::parse_configuration<daemon_settings>(text, file, daemon_schema(), check_settings);
}

daemon_settings read_daemon_settings(std::string const& file)
{
    std::error_code unknown;
    if (std::filesystem::symlink_status(file, unknown).type() == std::filesystem::file_type::not_found)
        return {};
    return coqmp_daemon::read_configuration<daemon_settings>(file, daemon_schema(), check_settings);
}

}  // namespace coqmpd
