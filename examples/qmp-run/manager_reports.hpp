// What the service manager is told about the machine, without I/O: READY=1, STATUS=, STOPPING=1, EXTEND_TIMEOUT_USEC=, WATCHDOG=1.
// Invariant: each message is asked for once for each change, READY=1 and STOPPING=1 once in all.
#ifndef QMP_RUN_MANAGER_REPORTS_HPP
#define QMP_RUN_MANAGER_REPORTS_HPP

#include <coqmp/change.hpp>
#include <coqmp/lifecycle.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace qmp_run {

/// The messages to send now, in the order of the members.
struct manager_report
{
    bool ready = false;
    std::optional<std::string> status;
    bool stopping = false;
    std::optional<std::chrono::microseconds> extension;

    friend bool operator==(manager_report const&, manager_report const&) = default;
};

/// A sentence for `systemctl status`.
[[nodiscard]] std::string status_text(coqmp::machine_status const& status);

/// The same for the log: if QEMU did not start, with its last lines.
[[nodiscard]] std::string describe(coqmp::change const& what);

/// Whether the watchdog of qmp-run itself is fed: always, unless a silent QEMU is to be ended, too (`--kill-silent`). While QEMU is
/// being stopped, its shutdown has a budget of its own.
[[nodiscard]] bool feeds_watchdog(coqmp::machine_status const& status, bool kills_silent) noexcept;

class manager_reports
{
public:
    using clock = std::chrono::steady_clock;

    /// While QEMU starts, shuts down, or its guest writes a dump, the manager is asked for more time this often, and each time
    /// for so much, counted from the message. One message may get lost.
    static constexpr std::chrono::seconds interval{10};
    static constexpr std::chrono::seconds extension{30};
    /// No extension reaches further than this beyond the deadline: what qmp-run does after QEMU's end.
    static constexpr std::chrono::seconds margin{5};

    /// The machine has this status now, or time has passed.
    /// @param deadline when a start or a shutdown is over at the latest; the end of time: it has no limit
    [[nodiscard]] manager_report look(coqmp::machine_status const& status, clock::time_point deadline, clock::time_point now);

    /// When to call look() even if nothing changes; the end of time if never.
    [[nodiscard]] clock::time_point next_time() const noexcept { return next_; }

private:
    [[nodiscard]] std::optional<std::chrono::microseconds> extend(bool needs_time, clock::time_point deadline,
                                                                  clock::time_point now);

    bool was_ready_ = false;
    bool was_stopping_ = false;
    std::string text_;
    clock::time_point next_ = clock::time_point::max();
};

}  // namespace qmp_run

#endif
