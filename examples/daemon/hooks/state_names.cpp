#include "daemon/hooks/state_names.hpp"

namespace coqmp_daemon {

std::string_view state_name(coqmp::lifecycle state) noexcept
{
    switch (state) {
        case coqmp::lifecycle::starting:
            return "starting";
        case coqmp::lifecycle::running:
            return "running";
        case coqmp::lifecycle::paused:
            return "paused";
        case coqmp::lifecycle::stopping:
            return "stopping";
        case coqmp::lifecycle::stopped:
            return "stopped";
        case coqmp::lifecycle::failed:
            return "failed";
        case coqmp::lifecycle::backing_off:
            return "backing-off";
        case coqmp::lifecycle::given_up:
            return "given-up";
        case coqmp::lifecycle::defined:
            break;
    }
    return "defined";
}

std::string_view reason_name(coqmp::lifecycle_reason reason) noexcept
{
    switch (reason) {
        case coqmp::lifecycle_reason::by_operator:
            return "by-operator";
        case coqmp::lifecycle_reason::host_shutdown:
            return "host-shutdown";
        case coqmp::lifecycle_reason::guest_shutdown:
            return "guest-shutdown";
        case coqmp::lifecycle_reason::rebooted:
            return "rebooted";
        case coqmp::lifecycle_reason::outside:
            return "outside";
        case coqmp::lifecycle_reason::panicked:
            return "panicked";
        case coqmp::lifecycle_reason::watchdog:
            return "watchdog";
        case coqmp::lifecycle_reason::out_of_memory:
            return "out-of-memory";
        case coqmp::lifecycle_reason::killed_by_signal:
            return "killed-by-signal";
        case coqmp::lifecycle_reason::did_not_start:
            return "did-not-start";
        case coqmp::lifecycle_reason::failed_exit:
            return "failed-exit";
        case coqmp::lifecycle_reason::not_responding:
            return "not-responding";
        case coqmp::lifecycle_reason::reboots_endlessly:
            return "reboots-endlessly";
        case coqmp::lifecycle_reason::migrated:
            return "migrated";
        case coqmp::lifecycle_reason::ended_unseen:
            return "ended-unseen";
        case coqmp::lifecycle_reason::no_space:
            return "no-space";
        case coqmp::lifecycle_reason::disk_error:
            return "disk-error";
        case coqmp::lifecycle_reason::by_client:
            return "by-client";
        case coqmp::lifecycle_reason::not_begun:
            return "not-begun";
        case coqmp::lifecycle_reason::incoming:
            return "incoming";
        case coqmp::lifecycle_reason::switched_off:
            return "switched-off";
        case coqmp::lifecycle_reason::debugged:
            return "debugged";
        case coqmp::lifecycle_reason::internal_error:
            return "internal-error";
        case coqmp::lifecycle_reason::other:
            return "other";
        case coqmp::lifecycle_reason::none:
            break;
    }
    return "";
}

}  // namespace coqmp_daemon
