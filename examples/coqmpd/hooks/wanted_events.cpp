#include "hooks/wanted_events.hpp"

namespace coqmpd {

namespace {

bool is_for_everything(hook_settings const& hook)
{
    return hook.events.empty() && hook.states.empty() && hook.reasons.empty();
}

}  // namespace

void wanted_events::add(std::vector<hook_settings> const& hooks)
{
    for (hook_settings const& each : hooks) {
        names_.insert(each.events.begin(), each.events.end());
        all_ += is_for_everything(each) ? 1 : 0;
    }
}

void wanted_events::remove(std::vector<hook_settings> const& hooks)
{
    for (hook_settings const& each : hooks) {
        for (std::string const& name : each.events)
            (void)names_.extract(name);
        all_ -= is_for_everything(each) ? 1 : 0;
    }
}

}  // namespace coqmpd
