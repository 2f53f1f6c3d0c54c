#include <coqmp/testing/fake_guest.hpp>

#include "testing/fake_qemu_impl.hpp"

#include <utility>

namespace coqmp::testing {

using detail::guest_change;

fake_guest::fake_guest(std::shared_ptr<detail::fake_qemu_impl> qemu) noexcept : qemu_(std::move(qemu)) {}

run_state fake_guest::state() const
{
    return qemu_->guest().state();
}

void fake_guest::panic(panic_action action)
{
    qemu_->happen(qemu_->guest().panic(action));
}

void fake_guest::load_crash_kernel()
{
    qemu_->happen(guest_change().publish("GUEST_CRASHLOADED", {{"action", "run"}}));
}

void fake_guest::shut_down()
{
    qemu_->happen(qemu_->guest().shut_down());
}

void fake_guest::reset()
{
    qemu_->happen(qemu_->guest().reset());
}

void fake_guest::suspend()
{
    qemu_->happen(qemu_->guest().suspend());
}

void fake_guest::wake_up()
{
    qemu_->happen(qemu_->guest().wake_up());
}

void fake_guest::expire_watchdog(watchdog_action action)
{
    qemu_->happen(qemu_->guest().expire_watchdog(action));
}

void fake_guest::fail_disk(boost::json::object details)
{
    qemu_->happen(qemu_->guest().fail_disk(details));
}

void fake_guest::fail_internally()
{
    qemu_->happen(qemu_->guest().fail_internally());
}

void fake_guest::force(run_state state)
{
    qemu_->guest().force(state);
}

}  // namespace coqmp::testing
