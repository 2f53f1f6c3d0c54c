#include "supervision/end_record.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

/// A member that is text; empty if it is missing or something else.
std::string_view text_in(event const& what, std::string_view name)
{
    json::object const* const data = &what.data;
    json::value const* const member = data->if_contains(name);
    return member != nullptr && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
}

}  // namespace

void end_record::take(event const& what)
{
    if (what.name == "SHUTDOWN") {
        // QEMU before 4.0 has no reason, only whether the guest wanted it.
        std::string_view const cause = text_in(what, "reason");
        json::value const* const guest = what.data.if_contains("guest");
        bool const from_guest = guest != nullptr && guest->is_bool() && guest->get_bool();
        cause_ = !cause.empty() ? cause : from_guest ? "guest-shutdown" : "unknown";
        switched_off_ = false;
    } else if (what.name == "GUEST_PANICKED") {
        panicked_ = text_in(what, "action") == "poweroff" || text_in(what, "action") == "shutdown";
    } else if (what.name == "WATCHDOG") {
        switched_off_ = text_in(what, "action") == "poweroff";
    } else {  // RESET, RESUME: the guest goes on
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
    if (cause_ == "guest-reset")
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
