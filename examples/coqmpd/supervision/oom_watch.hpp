// Distinguishes an OOM kill from another SIGKILL by the counts of the machines' cgroups, without I/O of its own.
#ifndef COQMPD_SUPERVISION_OOM_WATCH_HPP
#define COQMPD_SUPERVISION_OOM_WATCH_HPP

#include "cgroups/cgroup_tree.hpp"

#include <coqmp/change.hpp>
#include <coqmp/lifecycle.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>

namespace coqmpd {

class oom_watch
{
public:
    using count_function = std::function<oom_count(std::string const& machine)>;

    /// @param count reads the kernel's count; it returns nothing if that is unknown
    explicit oom_watch(count_function count) : count_(std::move(count)) {}

    /// To be called for each change, in order.
    /// @return the change, with the reason lifecycle_reason::out_of_memory if the kernel has killed the machine for lack of memory
    [[nodiscard]] coqmp::change explain(coqmp::change what);
    /// The same for the status that the supervisor reports later.
    [[nodiscard]] coqmp::machine_status explain(std::string const& machine, coqmp::machine_status status) const;
    void forget(std::string const& machine);

private:
    count_function count_;
    std::map<std::string, oom_count> counts_;  ///< Since the last start of the machine.
    std::set<std::string> killed_;
};

}  // namespace coqmpd

#endif
