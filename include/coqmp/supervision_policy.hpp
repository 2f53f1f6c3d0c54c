// What a supervisor does with one machine.
#ifndef COQMP_SUPERVISION_POLICY_HPP
#define COQMP_SUPERVISION_POLICY_HPP

#include <coqmp/shutdown_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace coqmp {

/// When a machine that has ended by itself is started again. A machine that its operator stopped is never started again, and
/// neither is one whose guest was migrated away.
enum class restart_policy {
    never,           ///< `no`
    on_failure,      ///< `on-failure`: after a panic, a watchdog, a signal, an error, a failed start.
    unless_stopped,  ///< `unless-stopped`: also after a `quit` or a signal from outside; not when the guest has shut down.
    always           ///< `always`: also when the guest has shut down.
};

/// By its name in a configuration.
[[nodiscard]] std::string_view to_string(restart_policy policy) noexcept;
[[nodiscard]] std::optional<restart_policy> restart_policy_named(std::string_view name) noexcept;
std::ostream& operator<<(std::ostream& out, restart_policy policy);

/// What becomes of a QEMU whose guest has panicked and is paused (`-action panic=pause`, `-no-shutdown`).
enum class panic_action {
    leave,  ///< It stays paused, for its operator to look at.
    reset,  ///< The guest is reset and continued, in the same QEMU. Counts as a restart.
    end     ///< QEMU is ended; the restart policy decides what comes next.
};

/// What becomes of a machine that reboots again and again.
enum class boot_loop_action {
    report,  ///< It is reported, and goes on.
    give_up  ///< QEMU is ended, and stays down.
};

/// What a supervisor does with a machine.
/// @code
/// coqmp::supervision_policy policy;
/// policy.restart = coqmp::restart_policy::always;
/// policy.shutdown.ask_guest = coqmp::ask_guest::no;
/// machines.add("vm7", spec, policy);
/// @endcode
/// Zero means "never" for a time that ends something, and "no limit" for a number or a budget.
struct supervision_policy
{
    supervision_policy() = default;  // not an aggregate, as session_options

    /// QEMU belongs to another owner: it is watched, and never acted on. Most other members then do not matter. Set by
    /// supervisor::observe(); supervisor::add() rejects it.
    bool is_observed = false;

    restart_policy restart = restart_policy::on_failure;
    /// Whether a reboot under `-no-reboot` starts QEMU again, with the present configuration. It is not a failure, and no restart
    /// policy forbids it. qmp-run leaves it to the service manager.
    bool relaunch_after_reboot = true;

    /// After this many restarts within restart_window, the machine is given up instead of being restarted again.
    std::size_t most_restarts = 5;
    std::chrono::nanoseconds restart_window = std::chrono::minutes(10);
    /// Pauses before restarts double from backoff to longest_backoff. After restart_window without a failure they begin anew.
    std::chrono::nanoseconds backoff = std::chrono::seconds(1);
    std::chrono::nanoseconds longest_backoff = std::chrono::minutes(2);
    double jitter = 0.5;  ///< The share of each pause that is random.

    /// More reboots than this within reboot_window are a boot loop.
    std::size_t most_reboots = 10;
    std::chrono::nanoseconds reboot_window = std::chrono::minutes(1);
    boot_loop_action on_boot_loop = boot_loop_action::report;

    panic_action on_panic = panic_action::leave;
    /// Whether the memory of a panicked guest that is paused is first written to a file in dump_directory: an ELF core of the
    /// machine, for crash(8) and gdb. Only the user of this process can read it. QEMU's main loop may answer late meanwhile, which
    /// does not count as silence, and a shutdown waits for the dump, unless it has a budget of its own. If the guest cannot be
    /// dumped, the log says why, and on_panic follows at once.
    bool dumps_after_panic = false;
    /// Must belong to the user of this process, and only that user may write to it. Created if it does not exist. The dumps in it
    /// are called `MACHINE.YYYYMMDDTHHMMSS.mmmZ.elf`, in UTC, and end with `.partial` until they are complete.
    std::string dump_directory;
    /// In bytes: a guest with more memory is not dumped, and neither is one for which the file system has no room.
    std::uint64_t largest_dump = std::uint64_t{16} << 30;
    std::size_t most_dumps = 3;  ///< For each machine: a new dump replaces the oldest one.
    /// The panic_action follows after this time at the latest. A dump cannot be cancelled, and no guest is continued meanwhile: if it
    /// is not complete by then, QEMU is ended instead of being reset.
    std::chrono::nanoseconds dump_time = std::chrono::minutes(10);

    /// Whether a machine that was paused for lack of space is resumed, with attempts at intervals that double from 1 s to 60 s.
    bool heals_no_space = true;

    /// How often QEMU is asked for its run state, and how long the answer may take.
    std::chrono::nanoseconds probe_interval = std::chrono::seconds(10);
    std::chrono::nanoseconds probe_time = std::chrono::seconds(5);
    /// A QEMU that has been silent for this long is killed. Zero: never.
    std::chrono::nanoseconds kill_silent_after = std::chrono::nanoseconds::zero();

    /// How the machine is shut down, unless the call says otherwise.
    shutdown_options shutdown;
    /// Deadlines are extended by this much while a guest's crash kernel writes a dump (GUEST_CRASHLOADED): once in each stop, also
    /// if the dump begins during the stop. Not in supervisor::async_shutdown(), where other machines need the time.
    std::chrono::nanoseconds crash_time = std::chrono::minutes(10);
};

}  // namespace coqmp

#endif
