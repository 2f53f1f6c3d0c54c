// What is done about changed files of machines, without I/O.
#ifndef COQMPD_SUPERVISION_RELOAD_PLAN_HPP
#define COQMPD_SUPERVISION_RELOAD_PLAN_HPP

#include "machines/machine_changes.hpp"

#include <string>
#include <vector>

namespace coqmpd {

/// Names are sorted. A machine is in one of the first four lists only, or in one or more of the others.
struct reload_plan
{
    std::vector<std::string> added;
    std::vector<std::string> removed;   ///< Their files are gone.
    std::vector<std::string> replaced;  ///< They are other machines now.
    std::vector<std::string> updated;   ///< The supervisor has to know, too.
    std::vector<std::string> limited;   ///< Their cgroups get other limits.
    std::vector<std::string> hooked;    ///< They have other hooks.
    std::vector<std::string> offered;   ///< Other clients may use their monitors.

    friend bool operator==(reload_plan const&, reload_plan const&) = default;
};

[[nodiscard]] reload_plan plan_reload(machine_changes const& changes);

}  // namespace coqmpd

#endif
