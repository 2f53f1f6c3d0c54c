#include "supervision/oom_watch.hpp"

#include <utility>

namespace coqmpd {

using coqmp::lifecycle_reason;

coqmp::change oom_watch::explain(coqmp::change what)
{
    std::string const& machine = what.machine;
    if (what.status.health != coqmp::liveness::gone || what.status.state == coqmp::lifecycle::starting) {
        killed_.erase(machine);
        if (!counts_.contains(machine))
            counts_[machine] = count_(machine);  // a QEMU that an earlier daemon has started may have lost a process already
        return what;
    }
    auto const before = counts_.find(machine);
    if (before != counts_.end()) {
        bool const was_killed = what.status.reason == lifecycle_reason::killed_by_signal;
        if (was_killed && has_oom_killed(before->second, count_(machine)))
            killed_.insert(machine);
        counts_.erase(before);
    }
    what.status = explain(machine, what.status);
    if (what.status.reason == lifecycle_reason::out_of_memory)
        what.reason = to_string(lifecycle_reason::out_of_memory);
    return what;
}

coqmp::machine_status oom_watch::explain(std::string const& machine, coqmp::machine_status status) const
{
    if (status.reason == lifecycle_reason::killed_by_signal && killed_.contains(machine))
        status.reason = lifecycle_reason::out_of_memory;
    return status;
}

void oom_watch::forget(std::string const& machine)
{
    counts_.erase(machine);
    killed_.erase(machine);
}

}  // namespace coqmpd
