// Whether a guest reboots again and again, without I/O.
#ifndef COQMP_SRC_SUPERVISION_BOOT_LOOP_HPP
#define COQMP_SRC_SUPERVISION_BOOT_LOOP_HPP

#include "supervision/occurrence_window.hpp"

#include <coqmp/event.hpp>

#include <chrono>
#include <cstddef>

namespace coqmp::detail {

/// Whether the guest reset itself. QEMU reports it by RESET; under `-no-reboot` it ends instead.
[[nodiscard]] bool is_guest_reset(event const& what) noexcept;

/// Counts the reboots of a guest, in one QEMU or in one after the other.
class boot_loop
{
public:
    using clock = std::chrono::steady_clock;

    boot_loop(std::size_t most, std::chrono::nanoseconds span) noexcept : reboots_(most, span) {}

    /// Other limits from now on.
    void limit(std::size_t most, std::chrono::nanoseconds span) noexcept { reboots_.limit(most, span); }

    /// The guest has rebooted. @return whether a boot loop begins
    [[nodiscard]] bool add(clock::time_point now);
    /// Looks at the time.
    void tick(clock::time_point now) noexcept;
    /// The operator starts it: what happened before does not count any more.
    void forgive() noexcept;

    [[nodiscard]] bool is_looping() const noexcept { return is_looping_; }
    /// When to call tick() next.
    [[nodiscard]] clock::time_point next_time() const noexcept { return calm_at_; }

private:
    occurrence_window reboots_;
    bool is_looping_ = false;
    clock::time_point calm_at_ = clock::time_point::max();
};

}  // namespace coqmp::detail

#endif
