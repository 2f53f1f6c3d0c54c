#include "supervision/live_machine.hpp"

#include "detail/json_access.hpp"
#include "supervision/end_record.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace coqmp::detail {

namespace {

using namespace std::chrono_literals;

constexpr backoff_times pauses_before_cont{1s, 60s, 0, 60s, 0};

/// Whether the event says that QEMU is about to end. If it goes on instead, a STOP follows.
bool announces_end(event const& what) noexcept
{
    std::string_view const action = text_in(what.data, "action");
    if (what.name == "WATCHDOG")
        return action == "poweroff";
    if (what.name == "GUEST_PANICKED")
        return action != "pause" && action != "run";
    return what.name == "SHUTDOWN";
}

}  // namespace

event_filter live_machine::filter()
{
    return {"SHUTDOWN", "GUEST_PANICKED", "GUEST_CRASHLOADED", "WATCHDOG", "BLOCK_IO_ERROR", "STOP",
            "RESUME",   "RESET",          "SUSPEND",           "WAKEUP",   "MIGRATION"};
}

live_machine::live_machine(std::shared_ptr<supervision_policy const> policy, machine_memory const& memory, clock::time_point now)
    : policy_(std::move(policy)),
      liveness_(policy_->probe_interval, policy_->probe_time),
      continuation_(pauses_before_cont),
      shutdown_cause_(memory.shutdown_cause),
      is_migrated_(memory.is_migrated)
{
    pause_.recall(memory.is_held, memory.is_out_of_space);
    liveness_.disconnected(now);
}

void live_machine::connected(bool has_out_of_band, bool is_out_of_space_listed, clock::time_point now, machine_actions& out)
{
    pause_.gap(is_out_of_space_listed);
    run_state_.changed();
    is_continuing_ = false;
    if (is_ending_ && !is_left_alone_)
        go_on(now);
    liveness_.connected(has_out_of_band, now);
    ask(now, out);
    plan_continuation(now);
}

void live_machine::disconnected(clock::time_point now, machine_actions& out)
{
    if (!liveness_.is_connected())
        return;
    run_state_.no_answer();
    run_state_.changed();
    liveness_.disconnected(now);
    continue_at_ = clock::time_point::max();
    if (!is_left_alone_)
        out.emplace_back(actions::reconnect{});
}

void live_machine::take(event const& what, clock::time_point now, machine_actions& out)
{
    liveness_.heard(now);
    pause_.take(what);
    if (what.lost_before != 0 || run_state_record::filter().accepts(what) || announces_end(what))
        run_state_.changed();
    if (announces_end(what))
        take_announcement(what, now);
    else if (!is_left_alone_ && (what.name == "STOP" || what.name == "RESUME" || what.name == "RESET"))
        go_on(now);
    if (what.name == "RESET")
        take_reset();
    else if (what.name == "MIGRATION")
        take_migration(what);
    else if (what.name == "GUEST_CRASHLOADED")
        crash_until_ = now + policy_->crash_time;
    else if (what.name == "RESUME")
        settle(run_state::running, now, out);
    ask(now, out);
    plan_continuation(now);
}

void live_machine::take_announcement(event const& what, clock::time_point now)
{
    if (is_left_alone_)
        return;
    liveness_.hold(announced_until_ = now + exit_time);
    liveness_.expect_end(is_ending_ = true);
    if (what.name == "SHUTDOWN")
        shutdown_cause_ = shutdown_cause_in(what);
}

/// It does not end after all.
void live_machine::go_on(clock::time_point now) noexcept
{
    announced_until_ = now;
    liveness_.hold(is_being_dumped() ? dump_until_ : now);
    liveness_.expect_end(is_ending_ = false);
}

void live_machine::take_reset() noexcept
{
    shutdown_cause_.clear();
    crash_until_ = clock::time_point::min();
}

void live_machine::take_migration(event const& what) noexcept
{
    // A destination reports the same, in the state `inmigrate`. While the guest may run on the other side, it must not run here.
    std::string_view const status = text_in(what.data, "status");
    if ((status == "completed" || status.starts_with("postcopy")) && guest_ != run_state::inmigrate)
        is_migrated_ = true;
}

void live_machine::answered(reply const& status, clock::time_point now, machine_actions& out)
{
    if (!run_state_.is_asking())
        return;  // the answer to a question on an earlier connection
    liveness_.answered(liveness_record::question::in_band, now);
    run_state_.take(status);
    run_state const state = run_state_.state();
    if (state == run_state::finish_migrate || state == run_state::postmigrate)
        is_migrated_ = true;  // the other side may begin at any moment, or has begun
    if (run_state_.is_current()) {
        pause_.confirm(state);
        settle(state, now, out);
        if (run_state_.is_passing())
            liveness_.ask_by(now + liveness_record::second_look);
        else if (state != run_state::postmigrate && state != run_state::unknown)
            is_migrated_ = false;
    }
    ask(now, out);
    plan_continuation(now);
}

void live_machine::settle(run_state state, clock::time_point now, machine_actions& out)
{
    switch (state) {
        case run_state::finish_migrate:
        case run_state::save_vm:
        case run_state::restore_vm:
            return;  // in a moment it will be in another state
        case run_state::unknown:
            if (guest_)
                return;  // an error, or a state of a later QEMU: the last known one stands
            break;
        case run_state::running:
            shutdown_cause_.clear();
            if (guest_ != run_state::running)
                continuation_.connected(now);
            break;
        default:
            break;
    }
    guest_ = state;
    if (state != run_state::guest_panicked)
        forget_dump(now, panic_phase::none);
    else if (panic_ == panic_phase::none && policy_->dumps_after_panic && !is_left_alone_)
        begin_dump(now, out);
    else if (panic_ == panic_phase::none)
        panic_ = panic_phase::demands;
}

// QEMU's main loop may be slow while it writes the dump. That is not silence.
void live_machine::begin_dump(clock::time_point now, machine_actions& out)
{
    panic_ = panic_phase::dumping;
    is_dump_late_ = false;
    bool const is_limited = policy_->dump_time > 0ns && policy_->dump_time < clock::time_point::max() - now;
    dump_until_ = is_limited ? now + policy_->dump_time : clock::time_point::max();
    liveness_.hold(dump_until_);
    out.emplace_back(actions::dump_guest{});
}

void live_machine::forget_dump(clock::time_point now, panic_phase next) noexcept
{
    if (is_being_dumped() && !is_left_alone_)
        liveness_.hold(std::max(now, announced_until_));
    panic_ = next;
    dump_until_ = clock::time_point::max();
}

void live_machine::answered_out_of_band(clock::time_point now) noexcept
{
    liveness_.answered(liveness_record::question::out_of_band, now);
}

void live_machine::stop_done(clock::time_point now, machine_actions& out)
{
    pause_.stop_done();
    run_state_.changed();
    ask(now, out);
    plan_continuation(now);
}

void live_machine::stop_withdrawn(clock::time_point now, machine_actions& out)
{
    pause_.stop_withdrawn();
    run_state_.changed();
    ask(now, out);
    plan_continuation(now);
}

void live_machine::cont_done(clock::time_point now, machine_actions& out)
{
    pause_.cont_done();
    run_state_.changed();
    ask(now, out);
    plan_continuation(now);
}

void live_machine::continued(clock::time_point now, machine_actions& out)
{
    is_continuing_ = false;
    pause_.doubt();
    run_state_.changed();
    ask(now, out);
    plan_continuation(now);
}

void live_machine::dumped(clock::time_point now) noexcept
{
    if (is_being_dumped())
        forget_dump(now, panic_phase::demands);
}

void live_machine::tick(clock::time_point now, machine_actions& out)
{
    if (now >= dump_until_) {
        is_dump_late_ = true;
        dumped(now);
    }
    if (now >= crash_until_)
        crash_until_ = clock::time_point::min();
    liveness_.tick(now);
    continue_if_due(now, out);
    switch (liveness_.due(now)) {
        case liveness_record::question::in_band:
            run_state_.changed();
            ask(now, out);
            break;
        case liveness_record::question::out_of_band:
            liveness_.asked(liveness_record::question::out_of_band, now);
            out.emplace_back(actions::ask_out_of_band{});
            break;
        case liveness_record::question::none:
            break;
    }
}

void live_machine::leave_alone() noexcept
{
    is_left_alone_ = true;
    liveness_.hold(clock::time_point::max());
    continue_at_ = clock::time_point::max();
}

void live_machine::ask(clock::time_point now, machine_actions& out)
{
    if (is_left_alone_ || !liveness_.is_connected() || now < announced_until_ || !run_state_.ask())
        return;
    liveness_.asked(liveness_record::question::in_band, now);
    out.emplace_back(actions::ask_state{});
}

void live_machine::plan_continuation(clock::time_point now)
{
    bool const may = policy_->heals_no_space && pause_.may_continue() && !is_continuing_ && !is_left_alone_ && !is_migrated_;
    if (!may)
        continue_at_ = clock::time_point::max();
    else if (continue_at_ == clock::time_point::max())
        continue_at_ = now + *continuation_.ended(now, 0);
}

void live_machine::continue_if_due(clock::time_point now, machine_actions& out)
{
    if (now < std::max(continue_at_, announced_until_) || continue_at_ == clock::time_point::max())
        return;
    continue_at_ = clock::time_point::max();
    if (!pause_.may_continue() || !liveness_.is_connected())
        return;  // the next answer plans it again, if that is right
    is_continuing_ = true;
    out.emplace_back(actions::continue_guest{});
}

live_machine::demand live_machine::take_demand(clock::time_point now) noexcept
{
    if (is_left_alone_ || has_demanded_)
        return demand::none;
    if (now >= silence_limit()) {
        has_demanded_ = true;
        return demand::end_silence;
    }
    if (panic_ != panic_phase::demands)
        return demand::none;
    if (policy_->on_panic == panic_action::reset && !(liveness_.is_connected() && run_state_.is_current()))
        return demand::none;  // it cannot be sent now: the next answer decides
    panic_ = panic_phase::handled;
    if (pause_.is_held() || policy_->on_panic == panic_action::leave)
        return demand::none;
    // QEMU cannot cancel a dump, and refuses to continue a guest meanwhile.
    has_demanded_ = policy_->on_panic == panic_action::end || is_dump_late_;
    return has_demanded_ ? demand::end_after_panic : demand::reset_after_panic;
}

live_machine::clock::time_point live_machine::silence_limit() const noexcept
{
    // QEMU closes its monitor before it ends, and may take long to free the memory of a large guest. That is not silence.
    auto const since = liveness_.silent_since();
    if (!since || is_ending_ || policy_->kill_silent_after <= 0ns)
        return clock::time_point::max();
    auto const dump_end = dumps_until();
    return std::max(*since + policy_->kill_silent_after, dump_end);
}

live_machine::clock::time_point live_machine::dumps_until() const noexcept
{
    return is_being_dumped() ? std::max(crash_until_, dump_until_) : crash_until_;
}

void live_machine::describe(machine_status& status) const noexcept
{
    status.health = liveness_.state();
    status.is_dumping = crash_until_ != clock::time_point::min() || is_being_dumped();
    if (is_left_alone_ || !guest_)
        return;
    bool const runs = *guest_ == run_state::running || *guest_ == run_state::suspended || *guest_ == run_state::unknown;
    status.state = runs ? lifecycle::running : lifecycle::paused;
    status.reason = *guest_ == run_state::unknown ? lifecycle_reason::other
                    : runs                        ? lifecycle_reason::none
                                                  : pause_.reason(*guest_);
}

void live_machine::describe(machine_memory& memory) const
{
    memory.shutdown_cause = shutdown_cause_;
    memory.is_held = pause_.is_held();
    memory.is_out_of_space = pause_.is_out_of_space();
    memory.is_migrated = is_migrated_;
}

live_machine::clock::time_point live_machine::next_time() const noexcept
{
    auto next = std::min({liveness_.next_time(), dump_until_, std::max(continue_at_, announced_until_)});
    if (crash_until_ != clock::time_point::min())
        next = std::min(next, crash_until_);
    return has_demanded_ || is_left_alone_ ? next : std::min(next, silence_limit());
}

}  // namespace coqmp::detail
