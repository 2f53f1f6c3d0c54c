#include "supervision/run_state_record.hpp"

#include "detail/json_access.hpp"

#include <utility>

namespace coqmp::detail {

// Not those that announce an end: SHUTDOWN, GUEST_PANICKED, WATCHDOG. If QEMU goes on after one of them, a STOP follows. If it does
// not, it must not be asked now: QEMU 7.2 hangs for ever in monitor_cleanup() if it begins to execute a command just as its main loop
// ends (1 of 20 times when a command and SIGTERM come together).
event_filter run_state_record::filter()
{
    return {"STOP", "RESUME", "RESET", "SUSPEND", "WAKEUP", "MIGRATION"};
}

bool run_state_record::ask() noexcept
{
    if (is_asking_ || !is_stale_)
        return false;
    is_stale_ = false;
    return is_asking_ = true;
}

void run_state_record::take(reply const& answer) noexcept
{
    is_asking_ = false;
    auto const* const status = answer.has_value() ? answer.value().if_object() : nullptr;
    state_ = status != nullptr ? run_state_named(text_in(*status, "status")) : run_state::unknown;
}

void run_state_record::no_answer() noexcept
{
    is_asking_ = false;
    state_ = run_state::unknown;
}

bool run_state_record::is_passing() const noexcept
{
    return state_ == run_state::finish_migrate || state_ == run_state::save_vm || state_ == run_state::restore_vm;
}

}  // namespace coqmp::detail
