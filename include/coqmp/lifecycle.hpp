// Where a supervised machine is in its life, how well its QEMU answers, and why.
#ifndef COQMP_LIFECYCLE_HPP
#define COQMP_LIFECYCLE_HPP

#include <coqmp/detail/boost_version.hpp>

#include <chrono>
#include <iosfwd>
#include <optional>

namespace coqmp {

/// The state of a supervised machine. A lifecycle_reason explains it.
enum class lifecycle {
    defined,      ///< Known, and never started by this supervisor.
    starting,     ///< A QEMU is being launched, waits for its turn, or has not reported its run state yet.
    running,      ///< QEMU lives, and its guest runs.
    paused,       ///< QEMU lives, and its guest does not run.
    stopping,     ///< QEMU is being shut down or killed, by us.
    stopped,      ///< There is no QEMU, and that is no failure.
    failed,       ///< There is no QEMU, because of a failure, and the policy does not restart it.
    backing_off,  ///< There is no QEMU; it is started again later.
    given_up      ///< There is no QEMU; it has failed too often.
};

/// Why a machine is in its state.
enum class lifecycle_reason {
    none,  ///< Nothing to explain.
    // Why it ended, or is ended.
    by_operator,        ///< Through the supervisor.
    host_shutdown,      ///< The host is shutting down: the machine starts again with it.
    guest_shutdown,     ///< The guest switched itself off.
    rebooted,           ///< The guest rebooted, and QEMU runs with `-no-reboot`.
    outside,            ///< QMP's `quit`, SIGTERM or SIGINT, and not from the supervisor.
    panicked,           ///< The guest panicked.
    watchdog,           ///< The guest's watchdog expired.
    out_of_memory,      ///< The kernel killed it to free memory.
    killed_by_signal,   ///< SIGKILL, SIGSEGV and the like.
    did_not_start,      ///< It ended before it was ready.
    failed_exit,        ///< QEMU reported an error by its exit status.
    not_responding,     ///< It was silent for too long, and the policy ends such a machine.
    reboots_endlessly,  ///< A boot loop.
    migrated,           ///< The guest runs elsewhere now.
    ended_unseen,       ///< Nothing that was seen explains the end.
    // Why it is paused.
    no_space,        ///< A disk of the host is full. The supervisor resumes it if supervision_policy::heals_no_space says so.
    disk_error,      ///< Another disk error, or one that the supervisor has not seen.
    by_client,       ///< A client has paused it.
    not_begun,       ///< Its guest has not begun to run (`-S`), or was reset while it was paused.
    incoming,        ///< It waits for a migration, or receives one.
    switched_off,    ///< Its guest has shut down, and QEMU runs with `-no-shutdown`.
    debugged,        ///< A debugger has stopped it.
    internal_error,  ///< The accelerator cannot go on.
    other            ///< A state of QEMU that this version does not know.
};

/// How well a QEMU answers. Only the kernel's word (a pidfd) makes it `gone`: a QEMU that does not answer may still write to its disks.
enum class liveness {
    gone,        ///< There is no process.
    responsive,  ///< It answers.
    busy,        ///< Its main loop does not answer, but its monitor does: a migration, a snapshot, slow storage.
    silent       ///< Nothing answers, or there is no connection, but the process lives.
};

/// Everything that a supervisor reports about one machine.
struct machine_status
{
    lifecycle state = lifecycle::defined;
    lifecycle_reason reason = lifecycle_reason::none;
    liveness health = liveness::gone;
    bool is_boot_looping = false;
    /// The guest's crash kernel, or the supervisor, is writing a dump: deadlines are extended.
    bool is_dumping = false;
    /// With lifecycle::backing_off: when it is started again.
    std::optional<std::chrono::steady_clock::time_point> until;

    friend bool operator==(machine_status const&, machine_status const&) = default;
};

/// `backing off`, for example.
[[nodiscard]] char const* to_string(lifecycle state) noexcept;
/// `the guest panicked`, for example.
[[nodiscard]] char const* to_string(lifecycle_reason reason) noexcept;
[[nodiscard]] char const* to_string(liveness health) noexcept;
std::ostream& operator<<(std::ostream& out, lifecycle state);
std::ostream& operator<<(std::ostream& out, lifecycle_reason reason);
std::ostream& operator<<(std::ostream& out, liveness health);
/// Prints `paused (the disk is full), responsive`.
std::ostream& operator<<(std::ostream& out, machine_status const& status);

}  // namespace coqmp

#endif
