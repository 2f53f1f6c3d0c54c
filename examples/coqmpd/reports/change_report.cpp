#include "reports/change_report.hpp"

namespace coqmpd {

using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;
using coqmp_daemon::log_priority;

namespace {

log_priority priority_of(coqmp::machine_status const& status)
{
    if (status.state == lifecycle::failed || status.state == lifecycle::given_up)
        return log_priority::error;
    bool const needs_attention = status.state == lifecycle::backing_off || status.health == liveness::silent ||
                                 status.is_boot_looping || status.is_dumping || status.reason == lifecycle_reason::no_space ||
                                 status.reason == lifecycle_reason::disk_error;
    return needs_attention ? log_priority::warning : log_priority::notice;
}

}  // namespace

change_report report_of(coqmp::change const& what)
{
    change_report result;
    result.priority = priority_of(what.status);
    result.text = to_string(what.status.state);
    if (!what.reason.empty())
        result.text += ": " + what.reason;
    if (what.status.is_dumping)
        result.text += "; a crash dump is being written";
    if (what.status.is_boot_looping)
        result.text += "; the guest keeps rebooting";
    if (what.status.health == liveness::busy)
        result.text += "; QEMU is busy";
    if (what.status.health == liveness::silent)
        result.text += "; QEMU is not answering";
    return result;
}

bool is_at_rest(lifecycle state) noexcept
{
    return state == lifecycle::defined || state == lifecycle::stopped || state == lifecycle::failed ||
           state == lifecycle::given_up;
}

}  // namespace coqmpd
