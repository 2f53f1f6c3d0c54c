#include "job/job_verbs.hpp"

#include <coqmp/command_error.hpp>

#include <utility>

namespace coqmp::detail {

job_verbs::job_verbs(version peer, bool dismisses) : peer_(std::move(peer)), dismisses_(dismisses) {}

// ---- What is wanted --------------------------------------------------------------------------------------------------------

void job_verbs::drive() noexcept
{
    is_driving_ = true;
    dismisses_ = true;
}

std::optional<job_verb> job_verbs::needed(job_facts const& known) const noexcept
{
    job_state const state = known.state();
    if (is_over(state)) {
        bool const is_kept = known.outcome() && dismisses_ && state == job_state::concluded;
        return is_kept ? std::optional(job_verb::dismiss) : std::nullopt;
    }
    if (is_cancelling_)
        return !has_cancelled_ && state != job_state::aborting ? std::optional(job_verb::cancel) : std::nullopt;
    if (is_driving_ && state == job_state::ready && !has_completed_)
        return job_verb::complete;
    if (is_driving_ && state == job_state::pending && known.waits_for_finalize() && !has_finalized_)
        return job_verb::finalize;
    return std::nullopt;
}

bool job_verbs::is_needed_by(job_facts const& known) const noexcept
{
    job_state const state = known.state();
    bool const is_held = (state == job_state::ready && !has_completed_) ||
                         (state == job_state::pending && known.waits_for_finalize() && !has_finalized_);
    return is_held && !has_cancelled_;
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

std::optional<command> job_verbs::next(job_facts const& known)
{
    sent_ = is_on_hold_ ? std::nullopt : needed(known);
    if (!sent_)
        return std::nullopt;
    return to_send(*sent_, known);
}

command job_verbs::to_send(job_verb verb, job_facts const& known) const
{
    if (verb == job_verb::cancel && known.is_block_job() && !cancels_ready_jobs(peer_))
        return forced_cancel(known.id());
    return command_for(verb, dialect_, known.id());
}

command job_verbs::to_list() const
{
    return command(dialect_ == job_dialect::jobs ? "query-jobs" : "query-block-jobs");
}

bool job_verbs::knows_another(reply const& refusal) noexcept
{
    return refusal.has_error() && refusal.error().code() == error_class::command_not_found && use_block_jobs();
}

bool job_verbs::use_block_jobs() noexcept
{
    return std::exchange(dialect_, job_dialect::block_jobs) == job_dialect::jobs;
}

// ---- Replies ---------------------------------------------------------------------------------------------------------------

std::optional<job_verb> job_verbs::replied() noexcept
{
    return std::exchange(sent_, std::nullopt);
}

std::optional<job_verb> job_verbs::unanswered() noexcept
{
    is_on_hold_ = true;
    return replied();
}

void job_verbs::accepted(job_verb verb) noexcept
{
    has_cancelled_ = has_cancelled_ || verb == job_verb::cancel;
    has_completed_ = has_completed_ || verb == job_verb::complete;
    has_finalized_ = has_finalized_ || verb == job_verb::finalize;
}

void job_verbs::rejected(job_verb verb, reply const& answer, job_facts const& known)
{
    rejection_ = rejection{verb, to_send(verb, known).name() + ": " + answer.error().description};
}

void job_verbs::judge_rejection(job_facts const& known)
{
    auto const rejected = std::exchange(rejection_, std::nullopt);
    if (!rejected || needed(known) != rejected->verb)
        return;
    is_driving_ = false;
    is_cancelling_ = false;
    refusal_ = job_end(job_outcome::refused, rejected->reason);
}

std::optional<job_end> job_verbs::take_refusal() noexcept
{
    return std::exchange(refusal_, std::nullopt);
}

}  // namespace coqmp::detail
