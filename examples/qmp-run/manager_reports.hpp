// What to report to the service manager, without I/O: READY=1, STATUS=, STOPPING=1, EXTEND_TIMEOUT_USEC=, WATCHDOG=1.
// Invariant: a change causes each message at most once, and READY=1 and STOPPING=1 are sent at most once in all.
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

/// The same for the log, with QEMU's last lines if it did not start.
[[nodiscard]] std::string describe(coqmp::change const& what);

/// Whether to feed the watchdog that watches qmp-run itself: always, unless QEMU has been silent for so long that qmp-run should have
/// killed it (`--kill-silent`). A QEMU that is being stopped does not count, because its shutdown has a budget of its own.
/// @param kill_silent nothing: a silent QEMU is left alone
/// @param silent_for how long QEMU has been silent
[[nodiscard]] bool feeds_watchdog(coqmp::machine_status const& status, std::optional<std::chrono::milliseconds> kill_silent,
                                  std::chrono::steady_clock::duration silent_for) noexcept;

class manager_reports
{
public:
    using clock = std::chrono::steady_clock;

    /// While QEMU starts or shuts down, or its guest writes a dump, the manager is asked for more time this often, and each time
    /// for this much, counted from the message. One message may get lost.
    static constexpr std::chrono::seconds interval{10};
    static constexpr std::chrono::seconds extension{30};
    /// No extension reaches further than this beyond the deadline: qmp-run needs this time after QEMU's end.
    static constexpr std::chrono::seconds margin{5};

    /// The machine has this status now, or time has passed.
    /// @param deadline when a start or a shutdown ends at the latest; time_point::max(): there is no limit
    [[nodiscard]] manager_report look(coqmp::machine_status const& status, clock::time_point deadline, clock::time_point now);

    /// When to call look() even if nothing changes; time_point::max(): never.
    [[nodiscard]] clock::time_point next_time() const noexcept { return next_; }

private:
    [[nodiscard]] std::optional<std::chrono::microseconds> extend(bool needs_time, clock::time_point deadline,
                                                                  clock::time_point now);

    bool was_ready_ = false;
    bool was_stopping_ = false;
    std::string text_;
    clock::time_point next_ = clock::time_point::max();
    clock::time_point deadline_ = clock::time_point::max();
};

}  // namespace qmp_run

#endif
