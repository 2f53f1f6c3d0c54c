// Why a machine ended.
#ifndef COQMP_MACHINE_END_HPP
#define COQMP_MACHINE_END_HPP

#include <coqmp/exit_status.hpp>
#include <coqmp/shutdown_options.hpp>

#include <iosfwd>
#include <string>

namespace coqmp {

/// What made a machine end. QEMU's exit status alone does not say it: QEMU exits with 0 after a panic, after a reboot under
/// `-no-reboot`, after a watchdog's power-off, and after its guest has shut down.
enum class end_reason {
    unknown,         ///< Nothing that was seen explains it.
    guest_shutdown,  ///< The guest switched itself off.
    guest_reboot,    ///< The guest asked for a reset, and QEMU runs with `-no-reboot`.
    guest_panic,     ///< The guest reported a panic.
    watchdog,        ///< The watchdog switched the guest off.
    requested,       ///< async_shutdown() or kill().
    external,        ///< QMP's `quit`, SIGTERM or SIGINT, or its window, and not async_shutdown().
    signal,          ///< A signal that ends QEMU without a word, from another process or from the kernel: SIGKILL, SIGSEGV.
    failed_start     ///< It ended before it was ready.
};

/// `the guest shut down`, for example.
[[nodiscard]] char const* to_string(end_reason reason) noexcept;
std::ostream& operator<<(std::ostream& out, end_reason reason);

/// How and why a machine ended: its exit status, and what its last SHUTDOWN, GUEST_PANICKED and WATCHDOG events say.
/// @see machine::end(), examples/machine_end.cpp
struct machine_end
{
    end_reason reason = end_reason::unknown;
    exit_status status;
    /// QEMU's own word in the SHUTDOWN event, such as `host-signal`; empty without such an event. QEMU may add words.
    std::string shutdown_cause;
    /// The last step that async_shutdown() had taken.
    shutdown_step step = shutdown_step::none;

    friend bool operator==(machine_end const&, machine_end const&) = default;
};

/// Prints `the guest panicked (guest-panic); QEMU exited with status 0`.
/// @see examples/machine_end.cpp
std::ostream& operator<<(std::ostream& out, machine_end const& end);

}  // namespace coqmp

#endif
