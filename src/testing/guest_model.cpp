#include "testing/guest_model.hpp"

#include <string>
#include <utility>

namespace json = boost::json;

namespace coqmp::testing::detail {

namespace {

json::string_view text_of(std::string_view text)
{
    return {text.data(), text.size()};
}

json::object cause(bool by_guest, std::string_view reason)
{
    return {{"guest", by_guest}, {"reason", text_of(reason)}};
}

std::string_view name_of(panic_action action)
{
    switch (action) {
        case panic_action::pause:
            return "pause";
        case panic_action::poweroff:
            return "poweroff";
        case panic_action::run:
            break;
    }
    return "run";
}

std::string_view name_of(watchdog_action action)
{
    switch (action) {
        case watchdog_action::reset:
            return "reset";
        case watchdog_action::shutdown:
            return "shutdown";
        case watchdog_action::poweroff:
            return "poweroff";
        case watchdog_action::pause:
            return "pause";
        case watchdog_action::debug:
            return "debug";
        case watchdog_action::none:
            return "none";
        case watchdog_action::inject_nmi:
            break;
    }
    return "inject-nmi";
}

/// The event of a full file system, for a disk of `-blockdev`.
json::object full_disk()
{
    return {{"device", ""},         {"node-name", "disk0"}, {"nospace", true},
            {"operation", "write"}, {"action", "stop"},     {"reason", "No space left on device"}};
}

}  // namespace

guest_model::guest_model(fake_qemu_options const& options)
    : major_(options.greeting.version.major),
      no_shutdown_(options.no_shutdown),
      no_reboot_(options.no_reboot),
      state_(options.starts_paused ? run_state::prelaunch : run_state::running)
{}

json::object guest_model::status() const
{
    json::object result{{"status", text_of(to_string(state_))}};
    if (major_ < 9)
        result["singlestep"] = false;
    result["running"] = state_ == run_state::running;
    return result;
}

// Since QEMU 9.0, a suspended guest can be paused, and is suspended again when it goes on.
bool guest_model::pauses_while_suspended() const noexcept
{
    return major_ >= 9 && state_ == run_state::suspended;
}

// Only what runs can be paused: a pause of a paused guest leaves no trace.
void guest_model::pause(run_state state, guest_change& change)
{
    if (state_ != run_state::running && !pauses_while_suspended())
        return;
    was_suspended_ = state_ == run_state::suspended;
    state_ = state;
    change.publish("STOP");
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

guest_change guest_model::stop()
{
    guest_change result;
    pause(run_state::paused, result);
    return result;
}

guest_change guest_model::cont()
{
    guest_change result;
    if (state_ == run_state::internal_error || state_ == run_state::shutdown)
        return result.refuse("Resetting the Virtual Machine is required");
    if (state_ == run_state::finish_migrate)
        return result.refuse("Migration is not finalized yet");
    if (state_ == run_state::suspended || state_ == run_state::running || state_ == run_state::inmigrate)
        return result;
    state_ = std::exchange(was_suspended_, false) ? run_state::suspended : run_state::running;
    return result.publish("RESUME");
}

guest_change guest_model::system_reset()
{
    return reset(false, "host-qmp-system-reset");
}

guest_change guest_model::system_wakeup()
{
    guest_change result;
    if (!can_be_woken_)
        return result.refuse("wake-up from suspend is not supported by this guest");
    if (state_ != run_state::suspended)
        return result.refuse("Unable to wake up: guest is not in suspended state");
    return wake_up();
}

guest_change guest_model::quit()
{
    return shut_down(false, "host-qmp-quit", true);
}

// ---- What happens to the guest ---------------------------------------------------------------------------------------------

guest_change guest_model::panic(panic_action action)
{
    guest_change result;
    result.publish("GUEST_PANICKED", {{"action", text_of(name_of(action))}});
    if (action == panic_action::pause)
        pause(run_state::guest_panicked, result);
    if (action == panic_action::poweroff)
        result.publish("SHUTDOWN", cause(true, "guest-panic")).exit();
    return result;
}

guest_change guest_model::shut_down()
{
    return shut_down(true, "guest-shutdown", false);
}

guest_change guest_model::shut_down(bool by_guest, std::string_view reason, bool always_ends)
{
    guest_change result;
    result.publish("SHUTDOWN", cause(by_guest, reason));
    if (always_ends || !no_shutdown_)
        return result.exit();
    pause(run_state::shutdown, result);
    return result;
}

guest_change guest_model::reset()
{
    return reset(true, "guest-reset");
}

guest_change guest_model::reset(bool by_guest, std::string_view reason)
{
    if (no_reboot_)
        return shut_down(by_guest, reason, false);
    was_suspended_ = false;
    if (state_ != run_state::running && state_ != run_state::inmigrate && state_ != run_state::finish_migrate)
        state_ = run_state::prelaunch;
    guest_change result;
    return result.publish("RESET", cause(by_guest, reason));
}

guest_change guest_model::suspend()
{
    guest_change result;
    if (state_ != run_state::running)
        return result;
    can_be_woken_ = true;
    state_ = run_state::suspended;
    return result.publish("SUSPEND");
}

guest_change guest_model::wake_up()
{
    guest_change result;
    if (state_ != run_state::suspended)
        return result;
    state_ = run_state::running;
    return result.publish("WAKEUP");
}

guest_change guest_model::expire_watchdog(watchdog_action action)
{
    guest_change result;
    result.publish("WATCHDOG", {{"action", text_of(name_of(action))}});
    if (action == watchdog_action::pause)
        pause(run_state::watchdog, result);
    if (action == watchdog_action::shutdown)
        result.publish("POWERDOWN");
    if (action == watchdog_action::poweroff)
        result.exit();  // without a SHUTDOWN
    if (action != watchdog_action::reset)
        return result;
    guest_change const after = reset();
    result.events.insert(result.events.end(), after.events.begin(), after.events.end());
    result.is_end = after.is_end;
    return result;
}

guest_change guest_model::fail_disk(json::object const& details)
{
    json::object data = full_disk();
    for (auto const& [name, value] : details)
        data[name] = value;
    guest_change result;
    result.publish("BLOCK_IO_ERROR", std::move(data));
    pause(run_state::io_error, result);
    return result;
}

guest_change guest_model::fail_internally()
{
    guest_change result;
    pause(run_state::internal_error, result);
    return result;
}

guest_change guest_model::terminate()
{
    return shut_down(false, "host-signal", true);
}

void guest_model::force(run_state state) noexcept
{
    state_ = state;
    was_suspended_ = false;
    can_be_woken_ = can_be_woken_ || state == run_state::suspended;
}

}  // namespace coqmp::testing::detail
