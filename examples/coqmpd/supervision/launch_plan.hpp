// What the supervisor gets for a machine's file, without I/O.
#ifndef COQMPD_SUPERVISION_LAUNCH_PLAN_HPP
#define COQMPD_SUPERVISION_LAUNCH_PLAN_HPP

#include "machines/machine_file.hpp"

#include <coqmp/machine_spec.hpp>
#include <coqmp/session_options.hpp>
#include <coqmp/supervision_policy.hpp>

#include <sys/resource.h>

#include <string>
#include <vector>

namespace coqmpd {

/// What a QEMU inherits from the daemon.
struct inheritance
{
    std::vector<std::string> environment;  ///< `NAME=value` each.
    /// The daemon's own limit of open files is raised (LimitNOFILE=); a QEMU gets the usual one.
    ::rlim_t most_open_files = 0;

    [[nodiscard]] static inheritance ours();
};

/// The environment of a QEMU: what it inherits, without the service manager's variables, which concern the daemon, and then the
/// file's own variables. A variable occurs once.
[[nodiscard]] std::vector<std::string> environment_of(machine_file const& file, std::vector<std::string> const& inherited);

/// @param file of a machine that is launched, not observed
/// @param cgroup the path of its directory; empty: the daemon's
[[nodiscard]] coqmp::machine_spec spec_for(machine_file const& file, std::string const& cgroup, inheritance const& inherited);

/// The daemon's sessions, with machines of other owners, too. No QEMU can make the daemon use much memory.
[[nodiscard]] coqmp::session_options session_for_qemu();

/// What the supervisor does with the machine.
[[nodiscard]] coqmp::supervision_policy policy_for(machine_file const& file);

/// The names of `after`.
[[nodiscard]] std::vector<std::string> names_before(machine_file const& file);

}  // namespace coqmpd

#endif
