#include "manager_reports.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace qmp_run {

using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;
using coqmp::machine_status;

namespace {

std::string state_text(lifecycle state)
{
    switch (state) {
        case lifecycle::defined:
        case lifecycle::starting:
            return "Starting QEMU";
        case lifecycle::running:
            return "The guest is running";
        case lifecycle::paused:
            return "The guest is paused";
        case lifecycle::stopping:
            return "Shutting down";
        case lifecycle::backing_off:
            return "Waiting before the next start";
        case lifecycle::stopped:
        case lifecycle::failed:
        case lifecycle::given_up:
            break;
    }
    return "QEMU has ended";
}

bool needs_time(machine_status const& status)
{
    return status.state == lifecycle::starting || status.state == lifecycle::stopping || status.is_dumping;
}

/// @param reason in words; may be empty
std::string sentence(machine_status const& status, std::string_view reason)
{
    if (status.reason == lifecycle_reason::did_not_start)
        return std::string(reason);  // it says that QEMU has ended
    std::string result = state_text(status.state);
    if (!reason.empty() && status.state != lifecycle::starting)  // a start needs no explanation
        result.append(": ").append(reason);
    if (status.is_dumping)
        result += "; a crash dump is being written";
    if (status.is_boot_looping)
        result += "; the guest keeps rebooting";
    if (status.health == liveness::busy)
        result += "; QEMU is busy";
    if (status.health == liveness::silent)
        result += "; QEMU is not answering";
    return result;
}

}  // namespace

std::string status_text(machine_status const& status)
{
    return sentence(status, to_string(status.reason));
}

std::string describe(coqmp::change const& what)
{
    return sentence(what.status, what.reason);
}

bool feeds_watchdog(machine_status const& status, std::optional<std::chrono::milliseconds> kill_silent,
                    std::chrono::steady_clock::duration silent_for) noexcept
{
    constexpr std::chrono::seconds time_to_kill{30};
    bool const is_silent = status.health == liveness::silent && status.state != lifecycle::stopping;
    return !kill_silent || !is_silent || silent_for < *kill_silent + time_to_kill;
}

manager_report manager_reports::look(machine_status const& status, clock::time_point deadline, clock::time_point now)
{
    manager_report result;
    bool const is_up = status.state == lifecycle::running || status.state == lifecycle::paused;
    result.ready = is_up && !std::exchange(was_ready_, was_ready_ || is_up);
    if (std::string text = status_text(status); text != text_) {
        text_ = text;
        result.status = std::move(text);
    }
    bool const is_stopping = status.state == lifecycle::stopping;
    result.stopping = is_stopping && !std::exchange(was_stopping_, was_stopping_ || is_stopping);
    result.extension = extend(needs_time(status), deadline, now);
    return result;
}

std::optional<std::chrono::microseconds> manager_reports::extend(bool needs_time_now, clock::time_point deadline,
                                                                 clock::time_point now)
{
    bool const has_moved = std::exchange(deadline_, deadline) != deadline;  // the last message may not have reached so far
    if (!needs_time_now || now >= deadline) {
        next_ = clock::time_point::max();
        return std::nullopt;
    }
    if (!has_moved && next_ != clock::time_point::max() && now < next_)
        return std::nullopt;
    next_ = now + interval;
    if (deadline == clock::time_point::max())
        return extension;
    return std::min<std::chrono::microseconds>(extension, std::chrono::ceil<std::chrono::microseconds>(deadline - now) + margin);
}

}  // namespace qmp_run
