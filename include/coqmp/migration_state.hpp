// The states of a migration.
#ifndef COQMP_MIGRATION_STATE_HPP
#define COQMP_MIGRATION_STATE_HPP

#include <iosfwd>
#include <string_view>

namespace coqmp {

/// The state of a migration, by QEMU's names. The set is open: a state that this library does not know is `unknown`.
enum class migration_state {
    unknown,                 ///< QEMU has not reported a state yet, or one that this library does not know.
    none,                    ///< There was no migration yet.
    setup,                   ///< It connects.
    active,                  ///< It copies memory while the guest runs.
    pre_switchover,          ///< The guest is stopped; it waits for migration::proceed() (capability `pause-before-switchover`).
    device,                  ///< It copies the states of devices.
    wait_unplug,             ///< It waits for the guest to release devices.
    postcopy_active,         ///< The guest runs at the destination, and fetches memory from the source.
    postcopy_paused,         ///< The connection was lost in postcopy; it waits for migration::recover().
    postcopy_recover_setup,  ///< It connects again.
    postcopy_recover,        ///< It is connected again, and recovers.
    colo,                    ///< Source and destination run side by side.
    cancelling,              ///< It was cancelled, and cleans up.
    cancelled,               ///< It has been cancelled; the guest stays at the source.
    failed,                  ///< It has failed; the guest stays at the source.
    completed                ///< It is done; the guest is at the destination.
};

/// QEMU's name of the state: `postcopy-active`.
[[nodiscard]] std::string_view to_string(migration_state state) noexcept;

/// The state with this name; migration_state::unknown if there is none.
[[nodiscard]] migration_state migration_state_named(std::string_view name) noexcept;

/// Prints QEMU's name of the state.
std::ostream& operator<<(std::ostream& out, migration_state state);

}  // namespace coqmp

#endif
