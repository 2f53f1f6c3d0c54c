#include "hooks/hook_selection.hpp"

#include "daemon/hooks/state_names.hpp"

#include <algorithm>
#include <utility>

namespace coqmpd {

namespace {

bool is_for(coqmp_daemon::hook_occasion const& occasion, hook_settings const& hook)
{
    coqmp_daemon::hook_selection const wanted{hook.events, hook.states, hook.reasons};
    return wanted.has(occasion);
}

}  // namespace

coqmp_daemon::hook_occasion occasion_of(std::string const& machine, coqmp::machine_status const& status)
{
    coqmp_daemon::hook_occasion result;
    result.machine = machine;
    result.state = coqmp_daemon::state_name(status.state);
    result.reason = coqmp_daemon::reason_name(status.reason);
    return result;
}

bool has_hook_for(coqmp_daemon::hook_occasion const& occasion, std::vector<hook_settings> const& hooks)
{
    return std::ranges::any_of(hooks, [&](hook_settings const& each) { return is_for(occasion, each); });
}

std::vector<coqmp_daemon::hook_run> runs_for(coqmp_daemon::hook_occasion const& occasion, std::vector<hook_settings> const& hooks,
                                             std::vector<std::string> const& inherited)
{
    std::vector<coqmp_daemon::hook_run> result;
    for (hook_settings const& each : hooks) {
        if (!is_for(occasion, each))
            continue;
        coqmp_daemon::hook_run run;
        run.program = each.program;
        run.arguments = each.arguments;
        run.environment = coqmp_daemon::hook_environment(occasion, inherited);
        run.input = coqmp_daemon::hook_input(occasion);
        run.timeout = each.timeout;
        result.push_back(std::move(run));
    }
    return result;
}

}  // namespace coqmpd
