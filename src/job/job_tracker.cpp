#include "job/job_tracker.hpp"

#include "detail/json_access.hpp"
#include "job/job_commands.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/job_info.hpp>

#include <algorithm>
#include <utility>

namespace coqmp::detail {

job_tracker::job_tracker(std::string id, version peer, bool dismisses) : known_(std::move(id)), verbs_(std::move(peer), dismisses)
{}

// ---- What has happened -----------------------------------------------------------------------------------------------------

void job_tracker::attached()
{
    phase_ = phase::following;
    is_unsure_ = true;
    list_.want();
}

// Without a `created` event the events so far may be an earlier job's, or the beginning was lost.
void job_tracker::started(bool is_certain)
{
    phase_ = phase::following;
    if (!is_certain || !known_.has_begun())
        attached();
    else
        conclude();
}

void job_tracker::not_started(std::string const& reason)
{
    phase_ = phase::following;
    end_ = job_end(job_outcome::refused, reason);
}

void job_tracker::take(event const& what)
{
    if (end_)
        return;
    if (what.lost_before > 0)
        lost_events();
    list_.count_event();
    if (what.name != "JOB_STATUS_CHANGE") {
        if (auto const next = known_.take_block_event(what)) {
            known_.enter(*next);
            conclude();
        }
        return;
    }
    known_.expect_state_events();
    job_state const next = job_state_named(text_in(what.data, "status"));
    if (next == job_state::created) {
        // If a job was there before, it is gone, and the id is another job's now.
        if (phase_ == phase::following && known_.has_begun()) {
            known_.enter(job_state::null);
            return conclude();
        }
        known_.begin();
    }
    bool const is_earlier_job = phase_ == phase::starting && !known_.has_begun();
    if (is_earlier_job)
        return;
    known_.take_state(next);
    conclude();
}

void job_tracker::lost_events()
{
    known_.lost_events();
    is_unsure_ = true;
    list_.want();
}

/// If the job is over, finds out how it ended, and whether there is something left to do.
void job_tracker::conclude()
{
    if (!is_over(known_.state()) || phase_ == phase::starting)
        return;
    bool const is_gone = known_.state() == job_state::null;
    if (is_gone)
        known_.infer_outcome(verbs_.has_cancelled());
    if (!known_.outcome())
        list_.want();
    else if (is_gone || !verbs_.dismisses())
        end_ = known_.outcome();
}

void job_tracker::answer(reply const& what)
{
    if (list_.end())
        return take_list(what);
    auto const verb = verbs_.replied();
    if (!verb || end_ || knows_another(what))
        return;
    if (verb == job_verb::dismiss) {  // if it was refused, another client has dismissed the job
        end_ = known_.outcome();
    } else if (what.has_value()) {
        accepted(*verb);
    } else {
        verbs_.rejected(*verb, what, known_);
        list_.want();
    }
}

void job_tracker::unanswered()
{
    list_.end();
    if (verbs_.unanswered() == job_verb::dismiss)  // QEMU may keep it; that is better than a wait without end
        end_ = known_.outcome();
}

void job_tracker::take_list(reply const& answer)
{
    if (end_)
        return;
    if (answer.has_error())
        return take_refused_list(answer);
    if (verbs_.dialect() == job_dialect::jobs)
        known_.expect_state_events();
    auto const jobs = jobs_in(answer.value());
    auto const found = std::find_if(jobs.begin(), jobs.end(), [this](job_info const& each) { return each.id == known_.id(); });
    if (found != jobs.end())
        known_.take_progress(*found);
    if (list_.is_overtaken()) {  // the events may be newer than the answer
        if (is_unsure_ || verbs_.has_rejection() || (is_over(known_.state()) && !known_.outcome()))
            list_.want();
        return;
    }
    is_unsure_ = false;
    if (found != jobs.end())
        known_.take_listed(*found);
    else
        known_.take_absence();
    conclude();
    verbs_.judge_rejection(known_);
}

void job_tracker::take_refused_list(reply const& answer)
{
    if (verbs_.use_block_jobs())
        return list_.want();
    // QEMU does not say: there are only the events.
    if (!known_.is_known()) {
        end_ = job_end(job_outcome::vanished, answer.error().description);
    } else if (is_over(known_.state())) {
        known_.enter(job_state::null);
        conclude();
    }
    is_unsure_ = false;
    verbs_.judge_rejection(known_);
}

void job_tracker::accepted(job_verb verb)
{
    verbs_.accepted(verb);
    if (verb == job_verb::resume)
        known_.resumed();
    if (verb != job_verb::dismiss)
        return;
    if (known_.outcome()) {
        end_ = known_.outcome();
    } else {
        is_unsure_ = true;
        list_.want();
    }
}

void job_tracker::disconnected()
{
    if (!end_)
        end_ = known_.outcome();
}

// ---- What is wanted --------------------------------------------------------------------------------------------------------

void job_tracker::look()
{
    verbs_.retry();
    if (phase_ == phase::following)
        list_.want();
}

void job_tracker::drive()
{
    bool const was_kept = !verbs_.dismisses();
    verbs_.drive();
    if (was_kept && end_ && known_.state() == job_state::concluded)
        end_.reset();  // until it is dismissed
}

// ---- What to do ------------------------------------------------------------------------------------------------------------

std::optional<command> job_tracker::next()
{
    if (end_ || phase_ == phase::starting || list_.is_under_way() || verbs_.is_under_way())
        return std::nullopt;
    if (list_.ask())
        return verbs_.to_list();
    return verbs_.next(known_);
}

std::optional<job_progress> job_tracker::last_report(job_progress const& newest)
{
    std::optional<job_progress> result;
    if (is_over(newest.state)) {
        result = newest;
        result->state = job_state::concluded;  // the job may have been dismissed by now
    }
    return result;
}

}  // namespace coqmp::detail
