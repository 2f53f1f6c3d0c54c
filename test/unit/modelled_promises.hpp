// What the rules of supervision must respect, by the words of OPERATIONS.md, however often their supervisor dies.
#ifndef COQMP_TEST_UNIT_MODELLED_PROMISES_HPP
#define COQMP_TEST_UNIT_MODELLED_PROMISES_HPP

#include "supervision/machine_memory.hpp"

#include "unit/modelled_qemu.hpp"
#include "unit/supervised_machine.hpp"

namespace coqmp::test {

class modelled_promises
{
public:
    // ---- What the operator and the host want -------------------------------------------------------------------------------

    /// @param needs_launch it has no QEMU, or the one that it has is being ended
    void start(bool needs_launch) noexcept
    {
        owner_stopped_ = stays_down_ = goes_up_with_host_ = false;
        owes_launch_ = owes_launch_ || needs_launch;
    }
    void stop() noexcept
    {
        owner_stopped_ = true;
        owes_launch_ = goes_up_with_host_ = false;
    }
    /// @param is_to_run it has a QEMU, or will be restarted
    void stop_with_host(bool is_to_run) noexcept
    {
        owes_launch_ = false;
        goes_up_with_host_ = goes_up_with_host_ || (is_to_run && !owner_stopped_);
    }
    void boot() noexcept { stays_down_ = false; }

    // ---- What becomes of its QEMU ------------------------------------------------------------------------------------------

    void asked_to_launch() noexcept { goes_up_with_host_ = false; }
    /// There is a QEMU, or it did not start.
    void launched() noexcept { owes_launch_ = false; }
    /// By a request that no operator made through the rules.
    void ended_by_client() noexcept { stop(); }
    void stay_down(bool holds) noexcept { stays_down_ = stays_down_ || holds; }
    /// It has ended, and the rules did not ask for that.
    /// @param is_unexplained QEMU's word was lost
    void ended(truth cause, bool is_unexplained, restart_policy policy) noexcept
    {
        bool const is_lost =
            is_unexplained && (cause == truth::guest_shutdown || cause == truth::outside || cause == truth::reboot);
        if (is_lost || cause == truth::reboot)
            return;
        if (policy == restart_policy::never)
            stays_down_ = true;
        else if (cause == truth::guest_shutdown)
            stays_down_ = policy != restart_policy::always;
        else if (cause == truth::outside)
            stays_down_ = policy == restart_policy::on_failure;
    }

    // ---- What must hold ----------------------------------------------------------------------------------------------------

    [[nodiscard]] bool owner_stopped() const noexcept { return owner_stopped_; }
    [[nodiscard]] bool stays_down() const noexcept { return stays_down_; }
    /// Whether a restart or a start that was accepted is still to be seen to.
    [[nodiscard]] bool owes_launch() const noexcept { return owes_launch_; }
    /// Whether the next boot of the host must start it.
    [[nodiscard]] bool starts_with_host(detail::machine_memory const& stored) const noexcept
    {
        return goes_up_with_host_ && !stored.is_migrated;
    }
    [[nodiscard]] bool keeps_launch(machine_status const& status) const noexcept
    {
        return !owes_launch_ || status.state == lifecycle::starting || status.state == lifecycle::stopping ||
               status.state == lifecycle::backing_off;
    }
    [[nodiscard]] bool keeps_host_shutdown(machine_status const& status) const noexcept
    {
        return !goes_up_with_host_ ||
               (status.reason != lifecycle_reason::by_operator && status.reason != lifecycle_reason::guest_shutdown);
    }

private:
    bool owner_stopped_ = true;
    bool stays_down_ = false;
    bool owes_launch_ = false;
    bool goes_up_with_host_ = false;
};

}  // namespace coqmp::test

#endif
