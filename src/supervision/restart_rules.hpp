// What the end of a machine means, and whether it is started again: OPERATIONS.md, sections 1 and 3, without I/O and without state.
#ifndef COQMP_SRC_SUPERVISION_RESTART_RULES_HPP
#define COQMP_SRC_SUPERVISION_RESTART_RULES_HPP

#include <coqmp/lifecycle.hpp>
#include <coqmp/supervision_policy.hpp>
#include "supervision/machine_memory.hpp"

#include <coqmp/machine_end.hpp>

#include <string_view>

namespace coqmp::detail {

/// What a supervisor knows of the end of a process.
struct process_end
{
    machine_end end;
    /// Whether the `oom_kill` of its cgroup's `memory.events` has grown.
    bool is_out_of_memory = false;

    friend bool operator==(process_end const&, process_end const&) = default;
};

/// The reason of an end that the supervisor has not asked for.
[[nodiscard]] lifecycle_reason reason_of(process_end const& what) noexcept;

/// What QEMU's word for the cause in a SHUTDOWN event says of an end of which nothing else is known.
[[nodiscard]] lifecycle_reason reason_of_cause(std::string_view cause) noexcept;

/// Whether such an end is a failure: the state is then lifecycle::failed, not lifecycle::stopped.
[[nodiscard]] bool is_failure(lifecycle_reason reason) noexcept;

/// What comes after an end.
enum class aftermath {
    rest,      ///< It stays down.
    relaunch,  ///< It is started at once: a reboot.
    restart    ///< It is started after a pause, if it has not been restarted too often.
};

/// What comes after an end that the supervisor has not asked for.
/// @param shutdown_cause of the last SHUTDOWN event; empty if there was none
[[nodiscard]] aftermath aftermath_of(lifecycle_reason reason, std::string_view shutdown_cause,
                                     supervision_policy const& policy) noexcept;

/// What becomes of a machine whose process ended while no supervisor watched, on the same boot of the host.
[[nodiscard]] aftermath aftermath_of_gap(machine_memory const& memory, supervision_policy const& policy) noexcept;

/// What becomes of a machine after the host has booted again. A host that goes down ends its QEMUs with SIGTERM unless they were
/// shut down before: so the cause `host-signal` does not mean that its owner stopped it.
[[nodiscard]] aftermath aftermath_of_boot(machine_memory const& memory, supervision_policy const& policy) noexcept;

}  // namespace coqmp::detail

#endif
