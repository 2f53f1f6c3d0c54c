// The guest of a fake QEMU.
#ifndef COQMP_TESTING_FAKE_GUEST_HPP
#define COQMP_TESTING_FAKE_GUEST_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/run_state.hpp>
#include <coqmp/testing/panic_action.hpp>
#include <coqmp/testing/watchdog_action.hpp>

#include <boost/json/object.hpp>

#include <memory>

namespace coqmp::testing {

namespace detail {
class fake_qemu_impl;
}  // namespace detail

/// Makes things happen to the guest of a fake_qemu. QEMU then does what a real one does: it sends its events in its order, changes
/// the run state that `query-status` reports, or ends. All clients that have negotiated get the events.
/// @code
/// qemu.guest().panic();  // GUEST_PANICKED, STOP, and the state is guest-panicked
/// @endcode
/// @par Threads Use it only on the executor of its fake_qemu.
/// @see fake_qemu::guest()
class fake_guest
{
public:
    explicit fake_guest(std::shared_ptr<detail::fake_qemu_impl> qemu) noexcept;

    /// The current run state.
    [[nodiscard]] run_state state() const;

    /// The guest panics: GUEST_PANICKED; then STOP (paused), or SHUTDOWN and the end (powered off).
    void panic(panic_action action = panic_action::pause);
    /// The guest panics and starts its crash kernel: GUEST_CRASHLOADED.
    void load_crash_kernel();
    /// The guest shuts down: SHUTDOWN and the end; under `-no-shutdown` SHUTDOWN, STOP.
    void shut_down();
    /// The guest reboots: RESET; under `-no-reboot` SHUTDOWN and the end.
    void reset();
    /// The guest goes to sleep: SUSPEND. From then on, `system_wakeup` can wake it.
    void suspend();
    /// The guest wakes up: WAKEUP. Does nothing unless it sleeps.
    void wake_up();
    /// The watchdog expires: WATCHDOG, and then the action.
    void expire_watchdog(watchdog_action action = watchdog_action::reset);
    /// A disk fails, and QEMU pauses the guest: BLOCK_IO_ERROR, STOP.
    /// @param details members of the event; the others are those for a full file system
    void fail_disk(boost::json::object details = {});
    /// The accelerator fails: STOP, and the state is internal-error.
    void fail_internally();
    /// Sets the run state without an event, for states that the other functions do not lead to, such as `inmigrate` and
    /// `postmigrate`.
    void force(run_state state);

private:
    std::shared_ptr<detail::fake_qemu_impl> qemu_;
};

}  // namespace coqmp::testing

#endif
