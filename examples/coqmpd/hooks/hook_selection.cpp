#include "hooks/hook_selection.hpp"

#include "daemon/hooks/state_names.hpp"

#include <utility>

namespace coqmpd {

coqmp_daemon::hook_occasion occasion_of(std::string const& machine, coqmp::machine_status const& status)
{
    coqmp_daemon::hook_occasion result;
    result.machine = machine;
    result.state = coqmp_daemon::state_name(status.state);
    result.reason = coqmp_daemon::reason_name(status.reason);
    return result;
}

std::vector<coqmp_daemon::hook_run> runs_for(coqmp_daemon::hook_occasion const& occasion, std::vector<hook_settings> const& hooks,
                                             std::vector<std::string> const& inherited)
{
    std::vector<coqmp_daemon::hook_run> result;
    for (hook_settings const& each : hooks) {
        coqmp_daemon::hook_selection const wanted{each.events, each.states, each.reasons};
        if (!wanted.has(occasion))
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
