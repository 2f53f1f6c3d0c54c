#include "migration/migration_tracker.hpp"

#include "detail/json_access.hpp"

#include <utility>
#include <vector>

namespace coqmp::detail {

event_filter migration_events()
{
    return event_filter(std::vector<std::string>{"MIGRATION", "MIGRATION_PASS"});
}

// ---- What has happened -----------------------------------------------------------------------------------------------------

void migration_tracker::attached()
{
    phase_ = phase::following;
    report_.want();
}

// A migration may have failed already, and only QEMU's report says why. Without the capability `events` there are no events.
void migration_tracker::started(bool is_certain)
{
    phase_ = phase::following;
    if (!is_certain || !known_.has_begun() || known_.has_ended())
        report_.want();
    if (known_.state() == migration_state::completed || known_.state() == migration_state::cancelled)
        enter(known_.state());
}

void migration_tracker::not_started(std::string const& reason)
{
    phase_ = phase::following;
    finish(migration_end(migration_outcome::refused, reason));
}

void migration_tracker::take(event const& what)
{
    if (end_)
        return;
    report_.count_event();
    if (what.lost_before > 0)
        report_.want();
    auto const next = known_.take(what);
    bool const is_earlier_one = phase_ == phase::starting && !known_.has_begun();
    if (next && !is_earlier_one)
        enter(*next);
}

void migration_tracker::enter(migration_state next)
{
    if (end_)
        return;
    known_.enter(next);
    if (phase_ == phase::starting)
        return;
    if (next == migration_state::completed || next == migration_state::failed)
        report_.want();  // of the downtime, and of the reason
    else if (next == migration_state::cancelled)
        finish(migration_end(migration_outcome::cancelled));
}

void migration_tracker::finish(migration_end how)
{
    end_ = std::move(how);
    known_.conclude();
}

void migration_tracker::finish_as_known()
{
    bool const has_completed = known_.state() == migration_state::completed;
    finish(migration_end(has_completed ? migration_outcome::completed : migration_outcome::failed));
}

void migration_tracker::disconnected()
{
    if (!end_ && known_.has_ended())
        finish_as_known();
}

void migration_tracker::answer(reply const& what)
{
    if (report_.end())
        take_report(what);
    else if (std::exchange(is_cancel_sent_, false))
        take_cancellation(what);
}

void migration_tracker::unanswered()
{
    report_.end();
    if (!std::exchange(is_cancel_sent_, false))
        return;
    is_on_hold_ = true;
    has_cancelled_ = false;
}

void migration_tracker::take_cancellation(reply const& answer)
{
    if (!answer.has_error() || end_)
        return;
    is_cancelling_ = false;
    refusal_ = migration_end(migration_outcome::refused, "migrate_cancel: " + answer.error().description);
}

void migration_tracker::take_report(reply const& answer)
{
    if (end_)
        return;
    auto const* const report = answer.has_value() ? answer.value().if_object() : nullptr;
    if (report == nullptr) {  // QEMU refuses to say, and an event must be enough
        if (known_.has_ended())
            finish_as_known();
        return;
    }
    auto const reported = known_.take_report(*report);
    if (report_.is_overtaken()) {
        if (known_.has_ended())
            report_.want();
        return;
    }
    if (reported == migration_state::completed) {
        known_.enter(reported);
        finish(migration_end(migration_outcome::completed));
    } else if (reported == migration_state::failed) {
        known_.enter(reported);
        finish(migration_end(migration_outcome::failed, std::string(text_in(*report, "error-desc"))));
    } else if (known_.has_ended()) {  // another one has begun meanwhile
        finish_as_known();
    } else if (reported != migration_state::none || !known_.has_events()) {
        enter(reported);  // a destination that waits reports none
    }
}

void migration_tracker::accepted(command const&)
{
    if (!known_.has_events())
        report_.want();
}

// ---- What is wanted, and what to do ----------------------------------------------------------------------------------------

void migration_tracker::look()
{
    is_on_hold_ = false;
    if (phase_ == phase::following)
        report_.want();
}

void migration_tracker::cancel()
{
    is_cancelling_ = true;
    report_.want();  // it may be in postcopy by now
}

std::optional<command> migration_tracker::next()
{
    if (end_ || phase_ == phase::starting || report_.is_under_way() || is_cancel_sent_)
        return std::nullopt;
    if (report_.ask())
        return command("query-migrate");
    if (!is_cancelling_ || has_cancelled_ || is_on_hold_ || known_.has_ended())
        return std::nullopt;
    if (known_.is_in_postcopy()) {
        is_cancelling_ = false;
        refusal_ = migration_end(migration_outcome::refused,
                                 "migrate_cancel: not sent, because the guest runs at the destination already");
        return std::nullopt;
    }
    has_cancelled_ = true;
    is_cancel_sent_ = true;
    return command("migrate_cancel");
}

// ---- What is known ---------------------------------------------------------------------------------------------------------

std::optional<migration_end> migration_tracker::take_refusal()
{
    return std::exchange(refusal_, std::nullopt);
}

std::optional<migration_progress> migration_tracker::last_report(migration_progress const& newest)
{
    return is_final(newest.state) ? std::optional(newest) : std::nullopt;
}

std::chrono::nanoseconds migration_tracker::longest_silence() const noexcept
{
    return known_.has_events() ? std::chrono::nanoseconds(std::chrono::seconds(10)) : std::chrono::milliseconds(250);
}

}  // namespace coqmp::detail
