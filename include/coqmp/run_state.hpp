// The run state of a machine.
#ifndef COQMP_RUN_STATE_HPP
#define COQMP_RUN_STATE_HPP

#include <iosfwd>
#include <string_view>

namespace coqmp {

/// The run state of a machine, by QEMU's names. The set is open: a state that this library does not know is `unknown`.
/// @see machine::state()
enum class run_state {
    unknown,         ///< QEMU has not reported a state, or has reported one that this library does not know.
    colo,            ///< `colo`: it stands by as the secondary of a COLO pair.
    debug,           ///< `debug`: a debugger has stopped it.
    finish_migrate,  ///< `finish-migrate`: the last part of its migration is being sent.
    guest_panicked,  ///< `guest-panicked`: its guest has panicked, and it is paused.
    inmigrate,       ///< `inmigrate`: it waits for a migration, or receives one.
    internal_error,  ///< `internal-error`: the accelerator cannot go on.
    io_error,        ///< `io-error`: a disk error has paused it, such as a full file system; `cont` tries again.
    paused,          ///< `paused`: a client has paused it.
    postmigrate,     ///< `postmigrate`: it was migrated away. `cont` would run the guest a second time, on the same disks.
    preconfig,       ///< `preconfig`: its machine is not made yet (QEMU 3.0 to 5.2).
    prelaunch,       ///< `prelaunch`: its guest has not begun to run (`-S`), or was reset while it was paused.
    restore_vm,      ///< `restore-vm`: it is loading a snapshot.
    running,         ///< `running`: its guest runs.
    save_vm,         ///< `save-vm`: it is saving a snapshot.
    shutdown,        ///< `shutdown`: its guest has shut down, and QEMU runs with `-no-shutdown`.
    suspended,       ///< `suspended`: its guest sleeps (ACPI S3); `system_wakeup` wakes it.
    watchdog         ///< `watchdog`: its watchdog has paused it.
};

/// QEMU's name of the state: `io-error`.
[[nodiscard]] std::string_view to_string(run_state state) noexcept;

/// The state with this name; run_state::unknown if there is none.
[[nodiscard]] run_state run_state_named(std::string_view name) noexcept;

/// Prints QEMU's name of the state.
std::ostream& operator<<(std::ostream& out, run_state state);

}  // namespace coqmp

#endif
