#include "supervision/end_record.hpp"

#include "detail/json_access.hpp"

namespace coqmp::detail {

std::string_view shutdown_cause_in(event const& what) noexcept
{
    std::string_view const cause = text_in(what.data, "reason");
    if (!cause.empty())
        return cause;
    return flag_in(what.data, "guest") ? "guest-shutdown" : "unknown";
}

void end_record::take(event const& what)
{
    if (what.name == "SHUTDOWN") {
        cause_ = shutdown_cause_in(what);
        switched_off_ = false;
    } else if (what.name == "GUEST_PANICKED") {
        panicked_ = text_in(what.data, "action") == "poweroff" || text_in(what.data, "action") == "shutdown";
    } else if (what.name == "WATCHDOG") {
        switched_off_ = text_in(what.data, "action") == "poweroff";
    } else {  // RESET, RESUME: the guest goes on; STOP: QEMU does, with a guest that is paused
        panicked_ = switched_off_ = false;
        cause_.clear();
    }
}

machine_end end_record::end(exit_status status) const
{
    return {reason(status), status, cause_, shutdown_step::none};
}

end_reason end_record::reason(exit_status status) const
{
    if (!ready_)
        return end_reason::failed_start;
    if (panicked_ || cause_ == "guest-panic")
        return end_reason::guest_panic;
    if (switched_off_)
        return end_reason::watchdog;
    if (requested_)
        return end_reason::requested;
    // With -no-reboot, a client's system_reset ends QEMU, too.
    if (cause_ == "guest-reset" || cause_ == "host-qmp-system-reset")
        return end_reason::guest_reboot;
    if (cause_ == "guest-shutdown")
        return end_reason::guest_shutdown;
    if (status.signal != 0)
        return end_reason::signal;
    if (cause_.starts_with("host-") && cause_ != "host-error")
        return end_reason::external;
    return end_reason::unknown;
}

}  // namespace coqmp::detail
