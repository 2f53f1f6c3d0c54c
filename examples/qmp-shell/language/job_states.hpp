// The states that a job can be in.
#ifndef QMP_SHELL_JOB_STATES_HPP
#define QMP_SHELL_JOB_STATES_HPP

#include <array>
#include <string_view>

namespace qmp_shell {

/// In the order of a job's life. QEMU's `undefined` is left out: no job is ever seen in it.
inline constexpr std::array<std::string_view, 10> job_states{"created", "running", "paused",   "ready",     "standby",
                                                             "waiting", "pending", "aborting", "concluded", "null"};

}  // namespace qmp_shell

#endif
