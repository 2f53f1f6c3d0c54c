// What qmp-run's exit status says: why the machine ended.
#ifndef QMP_RUN_EXIT_STATUS_HPP
#define QMP_RUN_EXIT_STATUS_HPP

#include <coqmp/lifecycle.hpp>

namespace qmp_run {

/// 80 to 85 have no other meaning: sysexits.h ends at 78, systemd's own statuses begin at 200, and shells use 126 and above.
enum class run_exit {
    success = 0,         ///< The guest shut down, or qmp-run was asked to stop it, or it was migrated away.
    failure = 1,         ///< QEMU or qmp-run failed, or QEMU ended for an unknown reason.
    usage = 2,           ///< The command line is wrong.
    rebooted = 80,       ///< The guest rebooted, and QEMU runs with -no-reboot.
    panicked = 81,       ///< The guest panicked.
    watchdog = 82,       ///< The guest's watchdog expired.
    outside = 83,        ///< Ended by another client or a signal to QEMU, not by qmp-run.
    killed = 84,         ///< Killed by a signal such as SIGKILL or SIGSEGV, for lack of memory, or by --kill-silent.
    did_not_start = 85,  ///< QEMU could not be started, or ended before it was ready.
};

/// @param reason of the machine's last state, in which it has no process
[[nodiscard]] run_exit exit_status_of(coqmp::lifecycle_reason reason) noexcept;

}  // namespace qmp_run

#endif
