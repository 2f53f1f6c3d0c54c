// What is done about changed files of machines, without I/O.
#ifndef COQMPD_SUPERVISION_RELOAD_PLAN_HPP
#define COQMPD_SUPERVISION_RELOAD_PLAN_HPP

#include "machines/machine_changes.hpp"
#include "machines/machine_set.hpp"

#include <string>
#include <vector>

namespace coqmpd {

/// Removes the observed machines, which this version of coqmpd does not watch. @return their names, sorted
[[nodiscard]] std::vector<std::string> take_observed(machine_set& set);

/// Names are sorted. A machine is in only one of the first three lists, or in one or both of the others.
struct reload_plan
{
    std::vector<std::string> added;
    std::vector<std::string> removed;       ///< Their files are gone.
    std::vector<std::string> resupervised;  ///< Supervised anew, with new limits and hooks; a running QEMU is adopted.
    std::vector<std::string> limited;       ///< Their cgroups get other limits.
    std::vector<std::string> hooked;        ///< They have other hooks.

    friend bool operator==(reload_plan const&, reload_plan const&) = default;
};

/// @param changes between sets without observed machines
[[nodiscard]] reload_plan plan_reload(machine_changes const& changes);

}  // namespace coqmpd

#endif
