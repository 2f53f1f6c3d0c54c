// What the log says about a change of a machine, without I/O.
#ifndef COQMPD_REPORTS_CHANGE_REPORT_HPP
#define COQMPD_REPORTS_CHANGE_REPORT_HPP

#include "daemon/log/log_priority.hpp"

#include <coqmp/change.hpp>
#include <coqmp/lifecycle.hpp>

#include <string>

namespace coqmpd {

struct change_report
{
    coqmp_daemon::log_priority priority = coqmp_daemon::log_priority::notice;
    std::string text;  ///< Without the machine's name. It may quote QEMU.

    friend bool operator==(change_report const&, change_report const&) = default;
};

[[nodiscard]] change_report report_of(coqmp::change const& what);

/// Whether the machine has no process, and does not get one by itself.
[[nodiscard]] bool is_at_rest(coqmp::lifecycle state) noexcept;

}  // namespace coqmpd

#endif
