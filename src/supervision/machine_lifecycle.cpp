#include "supervision/machine_lifecycle.hpp"

#include <algorithm>
#include <utility>

namespace coqmp::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto end_of_time = machine_lifecycle::clock::time_point::max();

/// The reason of a state in which a recalled machine rests.
lifecycle_reason reason_of_rest(machine_memory const& memory) noexcept
{
    if (memory.wish == machine_wish::down)
        return lifecycle_reason::by_operator;
    if (memory.is_migrated)
        return lifecycle_reason::migrated;
    return memory.shutdown_cause.empty() ? lifecycle_reason::ended_unseen : reason_of_cause(memory.shutdown_cause);
}

/// The policy that is in force: an observed machine is never acted on, whatever the other members say.
supervision_policy effective(supervision_policy policy) noexcept
{
    if (policy.is_observed) {
        policy.restart = restart_policy::never;
        policy.relaunch_after_reboot = false;
        policy.on_boot_loop = boot_loop_action::report;
        policy.on_panic = panic_action::leave;
        policy.dumps_after_panic = false;
        policy.heals_no_space = false;
        policy.kill_silent_after = std::chrono::nanoseconds::zero();
    }
    return policy;
}

}  // namespace

machine_lifecycle::machine_lifecycle(supervision_policy policy, std::uint64_t seed)
    : policy_(std::make_shared<supervision_policy>(effective(std::move(policy)))),
      restarts_(*policy_, seed),
      reboots_(policy_->most_reboots, policy_->reboot_window)
{}

machine_actions machine_lifecycle::start(clock::time_point now)
{
    machine_actions out;
    if (is_released_ || policy_->is_observed)
        return out;
    memory_.wish = machine_wish::up;
    restarts_.forgive();
    reboots_.forgive();
    if (!has_process_) {
        launch(lifecycle_reason::by_operator, out);
    } else if (purpose_ != purpose::none) {
        pursue(purpose::restart);
        status_.reason = lifecycle_reason::by_operator;
    }
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::stop(clock::time_point now, std::optional<std::chrono::nanoseconds> budget)
{
    machine_actions out;
    if (is_released_ || policy_->is_observed)
        return out;
    memory_.wish = machine_wish::down;
    if (has_process_)
        end_process(purpose::down, lifecycle_reason::by_operator, budget, now, out);
    else if (status_.state != lifecycle::defined)
        rest(lifecycle::stopped, lifecycle_reason::by_operator);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::stop_with_host(std::chrono::nanoseconds budget, clock::time_point now)
{
    machine_actions out;
    if (is_released_ || policy_->is_observed)
        return out;
    if (has_process_ && purpose_ == purpose::down)
        end_process(purpose::down, lifecycle_reason::by_operator, budget, now, out);
    else if (has_process_)
        end_process(purpose::host, lifecycle_reason::host_shutdown, budget, now, out);
    else if (status_.state == lifecycle::backing_off)
        rest(lifecycle::stopped, lifecycle_reason::host_shutdown);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::restart(clock::time_point now)
{
    if (is_released_ || policy_->is_observed || !has_process_)
        return start(now);
    memory_.wish = machine_wish::up;
    restarts_.forgive();
    reboots_.forgive();
    machine_actions out;
    end_process(purpose::restart, lifecycle_reason::by_operator, std::nullopt, now, out);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::kill(clock::time_point now)
{
    return stop(now, -1ns);
}

machine_actions machine_lifecycle::release(clock::time_point now)
{
    wants_release_ = true;
    return conclude(now, {});
}

machine_actions machine_lifecycle::leave(clock::time_point now)
{
    releases_stopping_ = true;
    return release(now);
}

machine_actions machine_lifecycle::apply(supervision_policy policy, clock::time_point now)
{
    policy.is_observed = policy_->is_observed;
    *policy_ = effective(std::move(policy));
    restarts_.apply(*policy_);
    reboots_.limit(policy_->most_reboots, policy_->reboot_window);
    if (live_)
        live_->policy_changed();
    return conclude(now, {});
}

machine_actions machine_lifecycle::recall(machine_memory const& memory, found_process found, clock::time_point now)
{
    machine_actions out;
    if (is_released_ || has_process_ || (status_.state != lifecycle::defined && !policy_->is_observed))
        return out;
    memory_ = stored_ = memory;
    memory_.under_way = work_under_way::none;
    auto const left = memory_.wish == machine_wish::up ? memory.under_way : work_under_way::none;
    if (found == found_process::alive)
        adopt(left, now, out);
    else
        make_up_for_gap(left, found == found_process::other_boot, now, out);
    return conclude(now, std::move(out));
}

/// A stop that is under way gets its whole time once more.
/// @param left what an earlier supervisor left under way
void machine_lifecycle::adopt(work_under_way left, clock::time_point now, machine_actions& out)
{
    has_process_ = true;
    live_.emplace(policy_, memory_, now);
    status_ = machine_status{};
    status_.state = lifecycle::running;  // until QEMU says more
    if (memory_.is_migrated)
        status_ = {lifecycle::paused, lifecycle_reason::migrated, {}, {}, {}, {}};
    if (policy_->is_observed)
        return;
    if (memory_.wish == machine_wish::down)
        end_process(purpose::down, lifecycle_reason::by_operator, std::nullopt, now, out);
    else if (left == work_under_way::restart)
        end_process(purpose::restart, lifecycle_reason::by_operator, std::nullopt, now, out);
    else if (left == work_under_way::host_shutdown)
        end_process(purpose::host, lifecycle_reason::host_shutdown, std::nullopt, now, out);
}

/// @param left what an earlier supervisor left under way
void machine_lifecycle::make_up_for_gap(work_under_way left, bool has_booted, clock::time_point now, machine_actions& out)
{
    memory_.is_held = memory_.is_out_of_space = false;
    if (left == work_under_way::launch || left == work_under_way::restart)
        return launch(left == work_under_way::restart ? lifecycle_reason::by_operator : lifecycle_reason::none, out);
    if (left == work_under_way::host_shutdown)
        memory_.shutdown_cause.clear();  // as if its end had been seen
    auto const next = has_booted ? aftermath_of_boot(memory_, *policy_) : aftermath_of_gap(memory_, *policy_);
    if (has_booted && next == aftermath::relaunch)
        launch(lifecycle_reason::none, out);
    else if (!has_booted && left == work_under_way::host_shutdown)
        rest(lifecycle::stopped, lifecycle_reason::host_shutdown);
    else if (next == aftermath::rest)
        rest(memory_.is_given_up ? lifecycle::given_up : lifecycle::stopped, reason_of_rest(memory_));
    else
        go_on(next, reason_of_rest(memory_), now, out);
}

machine_actions machine_lifecycle::connected(bool has_out_of_band, bool is_out_of_space_listed, clock::time_point now)
{
    machine_actions out;
    if (!has_process_)
        return out;
    if (!live_) {
        if (memory_.under_way == work_under_way::launch)
            memory_.under_way = work_under_way::none;
        restarts_.ready(now);
        live_.emplace(policy_, machine_memory{}, now);
        if (purpose_ != purpose::none)
            live_->leave_alone();
    }
    live_->connected(has_out_of_band, is_out_of_space_listed, now, out);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::disconnected(clock::time_point now)
{
    machine_actions out;
    if (live_)
        live_->disconnected(now, out);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::ended(process_end const& what, clock::time_point now)
{
    machine_actions out;
    if (!has_process_)
        return out;
    if (live_)
        live_->describe(memory_);
    live_.reset();
    has_process_ = false;
    force_at_ = end_of_time;
    awaits_dump_.reset();
    memory_.is_held = memory_.is_out_of_space = false;
    purpose const why = purpose_;
    pursue(purpose::none);
    lifecycle_reason reason = status_.reason;  // of the stop
    if (memory_.shutdown_cause.empty() && (why == purpose::none || why == purpose::silence))
        memory_.shutdown_cause = what.end.shutdown_cause;
    if (why == purpose::silence && !memory_.shutdown_cause.empty())
        reason = reason_of_cause(memory_.shutdown_cause);  // it had announced its end before it was killed
    if (why == purpose::none) {
        reason = reason_of(what);
        if (reason == lifecycle_reason::by_operator)
            memory_.wish = machine_wish::down;
    }
    bool const is_elsewhere = memory_.is_migrated && reason != lifecycle_reason::by_operator;
    switch (why) {
        case purpose::down:
            rest(lifecycle::stopped, lifecycle_reason::by_operator);
            break;
        case purpose::host:
            memory_.shutdown_cause.clear();  // it starts again with the host
            rest(lifecycle::stopped, lifecycle_reason::host_shutdown);
            break;
        case purpose::restart:
            launch(lifecycle_reason::by_operator, out);
            break;
        case purpose::boot_loop:
        case purpose::panic_loop:
            memory_.is_given_up = true;
            rest(lifecycle::given_up, reason);
            break;
        case purpose::panic:
        case purpose::silence:
        case purpose::none:
            if (is_elsewhere)
                rest(lifecycle::stopped, lifecycle_reason::migrated);
            else
                go_on(aftermath_of(reason, memory_.shutdown_cause, *policy_), reason, now, out);
    }
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::take(event const& what, clock::time_point now)
{
    machine_actions out;
    if (!live_)
        return out;
    live_->take(what, now, out);
    if (what.name == "GUEST_CRASHLOADED")
        allow_for_crash_dump(out);
    bool const begins_to_loop = is_guest_reset(what) && reboots_.add(now);
    if (begins_to_loop && policy_->on_boot_loop == boot_loop_action::give_up && purpose_ == purpose::none)
        end_process(purpose::boot_loop, lifecycle_reason::reboots_endlessly, std::nullopt, now, out);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::answered(reply const& status, clock::time_point now)
{
    machine_actions out;
    if (live_)
        live_->answered(status, now, out);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::finished(finished_action what, clock::time_point now)
{
    machine_actions out;
    if (live_ && what == finished_action::ask_out_of_band)
        live_->answered_out_of_band(now);
    else if (live_ && what == finished_action::continue_guest)
        live_->continued(now, out);
    else if (live_)
        live_->dumped(now);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::client(client_step what, clock::time_point now)
{
    machine_actions out;
    if (live_ && what == client_step::stop_sent)
        live_->stop_sent();
    else if (live_ && what == client_step::stop_done)
        live_->stop_done(now, out);
    else if (live_ && what == client_step::stop_withdrawn)
        live_->stop_withdrawn(now, out);
    else if (live_)
        live_->cont_done(now, out);
    return conclude(now, std::move(out));
}

machine_actions machine_lifecycle::tick(clock::time_point now)
{
    machine_actions out;
    if (is_released_)
        return out;
    reboots_.tick(now);
    if (status_.state == lifecycle::backing_off && now >= status_.until.value_or(end_of_time))
        launch(status_.reason, out);
    if (now >= force_at_) {  // machine::async_shutdown() should have done that: no wish depends on it
        force_at_ = end_of_time;
        awaits_dump_.reset();
        out.emplace_back(actions::kill{});
    }
    if (live_)
        live_->tick(now, out);
    return conclude(now, std::move(out));
}

machine_lifecycle::clock::time_point machine_lifecycle::next_time() const noexcept
{
    if (is_released_)
        return end_of_time;
    auto const live = live_ ? live_->next_time() : end_of_time;
    return std::min({force_at_, status_.until.value_or(end_of_time), reboots_.next_time(), live});
}

void machine_lifecycle::launch(lifecycle_reason reason, machine_actions& out)
{
    machine_wish const wish = memory_.wish;
    memory_ = machine_memory{};
    memory_.wish = wish;
    if (aftermath_of_gap(memory_, *policy_) == aftermath::rest)
        memory_.under_way = work_under_way::launch;
    has_process_ = true;
    rest(lifecycle::starting, reason);
    out.emplace_back(actions::launch{});
}

void machine_lifecycle::end_process(purpose why, lifecycle_reason reason, std::optional<std::chrono::nanoseconds> budget,
                                    clock::time_point now, machine_actions& out)
{
    auto const time = budget.value_or(policy_->shutdown.budget);
    // A dump may be completed first, unless the caller has named a budget.
    auto const from = live_ && !budget ? std::max(now, live_->dumps_until()) : now;
    bool const is_stopping = purpose_ != purpose::none;
    pursue(why);
    if (!is_stopping)
        has_crash_time_ = from > now;
    status_.state = lifecycle::stopping;
    status_.reason = reason;
    if (live_)
        live_->leave_alone();
    bool const is_forced = time < 0ns;
    auto const by = is_forced ? now : time > 0ns && time < end_of_time - from ? from + time : end_of_time;
    if (is_stopping && by >= force_at_)
        return;  // it is already to end sooner
    force_at_ = is_forced ? end_of_time : by;
    awaits_dump_.reset();
    if (is_forced)
        out.emplace_back(actions::kill{});
    else if (live_ && !budget && live_->is_being_dumped())
        awaits_dump_ = time;  // a QEMU that quits does not complete it
    else
        out.emplace_back(actions::shut_down{by == end_of_time ? 0ns : by - now});
}

/// Once in each stop: no guest can put off its end by one crash after the other. And not when the host goes down: there, one guest
/// would take the time that the others need to shut down.
void machine_lifecycle::allow_for_crash_dump(machine_actions& out)
{
    bool const is_limited = force_at_ < end_of_time - policy_->crash_time;
    if (purpose_ == purpose::none || purpose_ == purpose::host || !is_limited || std::exchange(has_crash_time_, true))
        return;
    force_at_ += policy_->crash_time;
    out.emplace_back(actions::extend_shutdown{policy_->crash_time});
}

void machine_lifecycle::pursue(purpose why) noexcept
{
    purpose_ = why;
    memory_.under_way = why == purpose::restart ? work_under_way::restart
                        : why == purpose::host  ? work_under_way::host_shutdown
                                                : work_under_way::none;
}

void machine_lifecycle::go_on(aftermath next, lifecycle_reason reason, clock::time_point now, machine_actions& out)
{
    std::optional<clock::time_point> until;
    bool gives_up = false;
    if (next == aftermath::relaunch) {
        gives_up = reboots_.add(now) && policy_->on_boot_loop == boot_loop_action::give_up;
        reason = gives_up ? lifecycle_reason::reboots_endlessly : reason;
    } else if (next == aftermath::restart) {
        until = restarts_.next(now);
        gives_up = !until;
    }
    if (next != aftermath::rest)
        memory_.shutdown_cause.clear();  // this end is dealt with
    memory_.is_given_up = gives_up;
    if (gives_up)
        return rest(lifecycle::given_up, reason);
    if (next == aftermath::rest || wants_release_)
        return rest(is_failure(reason) ? lifecycle::failed : lifecycle::stopped, reason);
    if (next == aftermath::relaunch)
        return launch(reason, out);
    rest(lifecycle::backing_off, reason);
    status_.until = until;
}

void machine_lifecycle::meet_demand(clock::time_point now, machine_actions& out)
{
    switch (live_->take_demand(now)) {
        case live_machine::demand::none:
            break;
        case live_machine::demand::reset_after_panic:
            if (restarts_.next(now))
                out.emplace_back(actions::reset_guest{});
            else
                end_process(purpose::panic_loop, lifecycle_reason::panicked, std::nullopt, now, out);
            break;
        case live_machine::demand::end_after_panic:
            end_process(purpose::panic, lifecycle_reason::panicked, std::nullopt, now, out);
            break;
        case live_machine::demand::end_silence:
            end_process(purpose::silence, lifecycle_reason::not_responding, -1ns, now, out);
            break;
    }
}

void machine_lifecycle::rest(lifecycle state, lifecycle_reason reason) noexcept
{
    status_ = machine_status{};
    status_.state = state;
    status_.reason = reason;
}

machine_actions machine_lifecycle::conclude(clock::time_point now, machine_actions out)
{
    if (is_released_)
        return {};
    if (live_) {
        meet_demand(now, out);
        if (awaits_dump_ && !live_->is_being_dumped())
            out.emplace_back(actions::shut_down{*std::exchange(awaits_dump_, std::nullopt)});
        live_->describe(status_);
        live_->describe(memory_);
    }
    status_.is_boot_looping = reboots_.is_looping();
    // A stop for another reason has consequences that only this supervisor knows.
    bool const is_stored = purpose_ == purpose::down || memory_.under_way != work_under_way::none;
    bool const can_leave = purpose_ == purpose::none || (is_stored && releases_stopping_);
    bool const can_release = !has_process_ || (live_ && can_leave);
    is_released_ = wants_release_ && can_release;
    if (is_released_) {
        has_process_ = false;
        live_.reset();
        status_.until.reset();
    }
    if (memory_ != stored_ && !policy_->is_observed)
        out.insert(out.begin(), actions::store{stored_ = memory_});
    if (status_ != reported_)
        out.emplace_back(actions::report{reported_ = status_});
    if (is_released_)
        out.emplace_back(actions::release{});
    return out;
}

}  // namespace coqmp::detail
