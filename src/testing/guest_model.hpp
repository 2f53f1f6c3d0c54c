// QEMU's run states, and the events of their changes, without I/O.
// Invariant: each function does what QEMU does, with its events in QEMU's order.
#ifndef COQMP_SRC_TESTING_GUEST_MODEL_HPP
#define COQMP_SRC_TESTING_GUEST_MODEL_HPP

#include "testing/guest_change.hpp"

#include <coqmp/run_state.hpp>
#include <coqmp/testing/fake_qemu_options.hpp>
#include <coqmp/testing/panic_action.hpp>
#include <coqmp/testing/watchdog_action.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace coqmp::testing::detail {

class guest_model
{
public:
    explicit guest_model(fake_qemu_options const& options);

    [[nodiscard]] run_state state() const noexcept { return state_; }
    /// What `query-status` returns.
    [[nodiscard]] boost::json::object status() const;

    // Commands.
    guest_change stop();
    guest_change cont();
    guest_change system_reset();
    guest_change system_wakeup();
    guest_change quit();

    // What happens to the guest, and to QEMU.
    guest_change panic(panic_action action);
    guest_change shut_down();
    guest_change reset();
    guest_change suspend();
    guest_change wake_up();
    guest_change expire_watchdog(watchdog_action action);
    guest_change fail_disk(boost::json::object const& details);
    guest_change fail_internally();
    guest_change terminate();
    void force(run_state state) noexcept;

private:
    [[nodiscard]] bool pauses_while_suspended() const noexcept;
    void pause(run_state state, guest_change& change);
    guest_change shut_down(bool by_guest, std::string_view reason, bool always_ends);
    guest_change reset(bool by_guest, std::string_view reason);

    int const major_;
    bool const no_shutdown_;
    bool const no_reboot_;
    run_state state_;
    bool was_suspended_ = false;  // before it was paused
    bool can_be_woken_ = false;
};

}  // namespace coqmp::testing::detail

#endif
