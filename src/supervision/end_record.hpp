// What is known of a machine's end, without I/O: its events, in the order in which they come, and its exit status.
// Invariant: what a guest survived explains no later end.
#ifndef COQMP_SRC_SUPERVISION_END_RECORD_HPP
#define COQMP_SRC_SUPERVISION_END_RECORD_HPP

#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/machine_end.hpp>

#include <string>
#include <string_view>

namespace coqmp::detail {

/// QEMU's word for the cause in a SHUTDOWN event; `guest-shutdown` or `unknown` for QEMU before 4.0, which has no such word.
[[nodiscard]] std::string_view shutdown_cause_in(event const& what) noexcept;

class end_record
{
public:
    /// The events that matter.
    [[nodiscard]] static event_filter filter() { return {"SHUTDOWN", "GUEST_PANICKED", "WATCHDOG", "RESET", "STOP", "RESUME"}; }

    void ready() noexcept { ready_ = true; }
    [[nodiscard]] bool is_ready() const noexcept { return ready_; }
    /// We are ending it.
    void requested() noexcept { requested_ = true; }
    [[nodiscard]] bool is_requested() const noexcept { return requested_; }
    void take(event const& what);
    /// Whether QEMU has announced its end.
    [[nodiscard]] bool is_announced() const noexcept { return panicked_ || switched_off_ || !cause_.empty(); }

    [[nodiscard]] machine_end end(exit_status status) const;

private:
    [[nodiscard]] end_reason reason(exit_status status) const;

    bool ready_ = false;
    bool requested_ = false;
    bool panicked_ = false;
    bool switched_off_ = false;  ///< By the watchdog.
    std::string cause_;          ///< Of the SHUTDOWN event.
};

}  // namespace coqmp::detail

#endif
