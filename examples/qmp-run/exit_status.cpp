#include "exit_status.hpp"

namespace qmp_run {

run_exit exit_status_of(coqmp::lifecycle_reason reason) noexcept
{
    using coqmp::lifecycle_reason;
    switch (reason) {
        case lifecycle_reason::none:
        case lifecycle_reason::by_operator:
        case lifecycle_reason::host_shutdown:
        case lifecycle_reason::guest_shutdown:
        case lifecycle_reason::migrated:
            return run_exit::success;
        case lifecycle_reason::rebooted:
            return run_exit::rebooted;
        case lifecycle_reason::panicked:
            return run_exit::panicked;
        case lifecycle_reason::watchdog:
            return run_exit::watchdog;
        case lifecycle_reason::outside:
            return run_exit::outside;
        case lifecycle_reason::out_of_memory:
        case lifecycle_reason::killed_by_signal:
        case lifecycle_reason::not_responding:
            return run_exit::killed;
        case lifecycle_reason::did_not_start:
            return run_exit::did_not_start;
        default:  // also the reasons for which a machine is paused: none of them explains an end
            return run_exit::failure;
    }
}

}  // namespace qmp_run
