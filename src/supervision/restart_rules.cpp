#include "supervision/restart_rules.hpp"

namespace coqmp::detail {

lifecycle_reason reason_of_cause(std::string_view cause) noexcept
{
    if (cause == "guest-shutdown")
        return lifecycle_reason::guest_shutdown;
    if (cause == "guest-reset" || cause == "host-qmp-system-reset")
        return lifecycle_reason::rebooted;
    if (cause == "guest-panic")
        return lifecycle_reason::panicked;
    if (cause == "host-error")
        return lifecycle_reason::failed_exit;
    return cause.starts_with("host-") ? lifecycle_reason::outside : lifecycle_reason::ended_unseen;
}

lifecycle_reason reason_of(process_end const& what) noexcept
{
    switch (what.end.reason) {
        case end_reason::guest_shutdown:
            return lifecycle_reason::guest_shutdown;
        case end_reason::guest_reboot:
            return lifecycle_reason::rebooted;
        case end_reason::guest_panic:
            return lifecycle_reason::panicked;
        case end_reason::watchdog:
            return lifecycle_reason::watchdog;
        case end_reason::requested:
            return lifecycle_reason::by_operator;
        case end_reason::external:
            return lifecycle_reason::outside;
        case end_reason::signal:
            return what.is_out_of_memory ? lifecycle_reason::out_of_memory : lifecycle_reason::killed_by_signal;
        case end_reason::failed_start:
            return what.is_out_of_memory ? lifecycle_reason::out_of_memory : lifecycle_reason::did_not_start;
        case end_reason::unknown:
            break;
    }
    return what.end.status.exit_code > 0 ? lifecycle_reason::failed_exit : lifecycle_reason::ended_unseen;
}

bool is_failure(lifecycle_reason reason) noexcept
{
    switch (reason) {
        case lifecycle_reason::panicked:
        case lifecycle_reason::watchdog:
        case lifecycle_reason::out_of_memory:
        case lifecycle_reason::killed_by_signal:
        case lifecycle_reason::did_not_start:
        case lifecycle_reason::failed_exit:
        case lifecycle_reason::not_responding:
        case lifecycle_reason::internal_error:
            return true;
        default:
            return false;
    }
}

aftermath aftermath_of(lifecycle_reason reason, std::string_view shutdown_cause, supervision_policy const& policy) noexcept
{
    auto const from = [&](restart_policy least) { return policy.restart >= least ? aftermath::restart : aftermath::rest; };
    if (is_failure(reason))
        return from(restart_policy::on_failure);
    switch (reason) {
        case lifecycle_reason::rebooted:
            return policy.relaunch_after_reboot ? aftermath::relaunch : aftermath::rest;
        case lifecycle_reason::guest_shutdown:
            return from(restart_policy::always);
        case lifecycle_reason::outside:
            return from(restart_policy::unless_stopped);
        case lifecycle_reason::ended_unseen:
            // QEMU announced an end for a reason that this version does not know: it did not fail.
            return from(shutdown_cause.empty() ? restart_policy::on_failure : restart_policy::unless_stopped);
        default:  // by the operator, migrated
            return aftermath::rest;
    }
}

aftermath aftermath_of_gap(machine_memory const& memory, supervision_policy const& policy) noexcept
{
    if (memory.wish == machine_wish::down || memory.is_migrated || memory.is_given_up || policy.is_observed)
        return aftermath::rest;
    if (memory.shutdown_cause.empty())
        return aftermath_of(lifecycle_reason::ended_unseen, {}, policy);
    // The event announced this end, but more may have happened since: not a reason for `on-failure`.
    if (policy.restart <= restart_policy::on_failure)
        return aftermath::rest;
    return aftermath_of(reason_of_cause(memory.shutdown_cause), memory.shutdown_cause, policy);
}

aftermath aftermath_of_boot(machine_memory const& memory, supervision_policy const& policy) noexcept
{
    if (memory.wish == machine_wish::down || memory.is_migrated || policy.is_observed)
        return aftermath::rest;
    std::string_view const cause = memory.shutdown_cause;
    bool const was_stopped = cause == "guest-shutdown" || cause == "host-qmp-quit" || cause == "host-ui";
    if (was_stopped && aftermath_of(reason_of_cause(cause), cause, policy) == aftermath::rest)
        return aftermath::rest;
    return aftermath::relaunch;
}

}  // namespace coqmp::detail
