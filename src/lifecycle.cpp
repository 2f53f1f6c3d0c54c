#include <coqmp/lifecycle.hpp>

#include <ostream>

namespace coqmp {

char const* to_string(lifecycle state) noexcept
{
    switch (state) {
        case lifecycle::starting:
            return "starting";
        case lifecycle::running:
            return "running";
        case lifecycle::paused:
            return "paused";
        case lifecycle::stopping:
            return "stopping";
        case lifecycle::stopped:
            return "stopped";
        case lifecycle::failed:
            return "failed";
        case lifecycle::backing_off:
            return "backing off";
        case lifecycle::given_up:
            return "given up";
        case lifecycle::defined:
            break;
    }
    return "defined";
}

char const* to_string(lifecycle_reason reason) noexcept
{
    switch (reason) {
        case lifecycle_reason::by_operator:
            return "asked by the operator";
        case lifecycle_reason::host_shutdown:
            return "the host is shutting down";
        case lifecycle_reason::guest_shutdown:
            return "the guest shut down";
        case lifecycle_reason::rebooted:
            return "the guest rebooted";
        case lifecycle_reason::outside:
            return "QEMU received a request to quit";
        case lifecycle_reason::panicked:
            return "the guest panicked";
        case lifecycle_reason::watchdog:
            return "the watchdog expired";
        case lifecycle_reason::out_of_memory:
            return "the host ran out of memory";
        case lifecycle_reason::killed_by_signal:
            return "a signal ended QEMU";
        case lifecycle_reason::did_not_start:
            return "QEMU did not become ready";
        case lifecycle_reason::failed_exit:
            return "QEMU failed";
        case lifecycle_reason::not_responding:
            return "QEMU did not respond";
        case lifecycle_reason::reboots_endlessly:
            return "the guest keeps rebooting";
        case lifecycle_reason::migrated:
            return "the guest was migrated away";
        case lifecycle_reason::ended_unseen:
            return "the reason for its end is unknown";
        case lifecycle_reason::no_space:
            return "the disk is full";
        case lifecycle_reason::disk_error:
            return "a disk error";
        case lifecycle_reason::by_client:
            return "a client paused it";
        case lifecycle_reason::not_begun:
            return "the guest has not begun to run";
        case lifecycle_reason::incoming:
            return "it is waiting for a migration";
        case lifecycle_reason::switched_off:
            return "the guest has shut down";
        case lifecycle_reason::debugged:
            return "a debugger stopped it";
        case lifecycle_reason::internal_error:
            return "an internal error in QEMU";
        case lifecycle_reason::other:
            return "an unknown state of QEMU";
        case lifecycle_reason::none:
            break;
    }
    return "";
}

char const* to_string(liveness health) noexcept
{
    switch (health) {
        case liveness::responsive:
            return "responsive";
        case liveness::busy:
            return "busy";
        case liveness::silent:
            return "silent";
        case liveness::gone:
            break;
    }
    return "gone";
}

std::ostream& operator<<(std::ostream& out, lifecycle state)
{
    return out << to_string(state);
}

std::ostream& operator<<(std::ostream& out, lifecycle_reason reason)
{
    return out << to_string(reason);
}

std::ostream& operator<<(std::ostream& out, liveness health)
{
    return out << to_string(health);
}

std::ostream& operator<<(std::ostream& out, machine_status const& status)
{
    out << status.state;
    if (status.reason != lifecycle_reason::none)
        out << " (" << status.reason << ')';
    if (status.health != liveness::gone)
        out << ", " << status.health;
    if (status.is_boot_looping)
        out << ", in a boot loop";
    if (status.is_dumping)
        out << ", dumping";
    return out;
}

}  // namespace coqmp
