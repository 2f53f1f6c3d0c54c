// The policies of the control socket, without I/O.
#ifndef COQMPD_CONTROL_CONTROL_POLICIES_HPP
#define COQMPD_CONTROL_CONTROL_POLICIES_HPP

#include <coqmp/monitor_policy.hpp>

#include <vector>

namespace coqmpd {

/// Those that need no configuration, with the names of the library's policies for monitors:
/// - `read-only`: the commands that only ask;
/// - `operator`: also the commands that start, stop and restart one machine;
/// - `all`: everything, which is also to shut down all machines.
[[nodiscard]] std::vector<coqmp::monitor_policy> control_policies();

}  // namespace coqmpd

#endif
