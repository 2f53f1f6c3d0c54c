#include <coqmp/machine_end.hpp>

#include <ostream>

namespace coqmp {

char const* to_string(end_reason reason) noexcept
{
    switch (reason) {
        case end_reason::guest_shutdown:
            return "the guest shut down";
        case end_reason::guest_reboot:
            return "the guest rebooted";
        case end_reason::guest_panic:
            return "the guest panicked";
        case end_reason::watchdog:
            return "the watchdog switched the guest off";
        case end_reason::requested:
            return "its owner shut it down";
        case end_reason::external:
            return "it received a request to quit";
        case end_reason::signal:
            return "a signal ended it";
        case end_reason::failed_start:
            return "it did not get ready";
        case end_reason::unknown:
            break;
    }
    return "the reason is unknown";
}

std::ostream& operator<<(std::ostream& out, end_reason reason)
{
    return out << to_string(reason);
}

std::ostream& operator<<(std::ostream& out, machine_end const& end)
{
    out << end.reason;
    if (end.step == shutdown_step::kill)
        out << " by force";  // all gentler steps were of no use
    if (!end.shutdown_cause.empty())
        out << " (" << end.shutdown_cause << ')';
    return out << "; QEMU " << end.status;
}

}  // namespace coqmp
