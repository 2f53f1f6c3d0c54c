#include "job/job_facts.hpp"

#include "detail/json_access.hpp"
#include "job/job_commands.hpp"

#include <string_view>
#include <utility>

namespace coqmp::detail {

namespace {

/// What QEMU says of a job that was cancelled: the C library's text for ECANCELED.
bool says_cancelled(std::string_view error) noexcept
{
    return error == "Operation canceled" || error == "Operation cancelled";
}

job_end outcome_of(std::string_view error)
{
    if (error.empty())
        return job_end(job_outcome::completed);
    return says_cancelled(error) ? job_end(job_outcome::cancelled) : job_end(job_outcome::failed, std::string(error));
}

}  // namespace

bool is_over(job_state what) noexcept
{
    return what == job_state::concluded || what == job_state::null;
}

job_facts::job_facts(std::string id) : id_(std::move(id)) {}

// ---- What QEMU has reported ------------------------------------------------------------------------------------------------

void job_facts::begin()
{
    has_begun_ = true;
    current_ = 0;
    total_ = 0;
    is_record_complete_ = true;
    was_aborting_ = false;
    is_paused_by_error_ = false;
    waits_for_finalize_ = false;
    outcome_.reset();
}

void job_facts::take_state(job_state next)
{
    is_record_complete_ = is_record_complete_ || !is_over(next);
    enter(next);
}

void job_facts::enter(job_state next)
{
    state_ = next;
    was_aborting_ = was_aborting_ || next == job_state::aborting;
    if (next == job_state::running || next == job_state::ready)
        is_paused_by_error_ = false;
}

std::optional<job_state> job_facts::take_block_event(event const& what)
{
    is_block_job_ = true;
    if (what.data.contains("len")) {
        current_ = number_in(what.data, "offset");
        total_ = number_in(what.data, "len");
    }
    if (what.name == "BLOCK_JOB_ERROR") {
        is_paused_by_error_ = is_paused_by_error_ || text_in(what.data, "action") == "stop";
        return std::nullopt;
    }
    if (what.name == "BLOCK_JOB_PENDING") {  // only if it is not finalized automatically
        waits_for_finalize_ = true;
        return std::nullopt;
    }
    // An old QEMU has no other event.
    auto const implied = [this](job_state next) { return reports_states_ ? std::nullopt : std::optional(next); };
    if (what.name == "BLOCK_JOB_READY")
        return implied(job_state::ready);
    bool const is_cancelled = what.name == "BLOCK_JOB_CANCELLED";
    outcome_ = is_cancelled ? job_end(job_outcome::cancelled) : outcome_of(text_in(what.data, "error"));
    if (!is_cancelled && what.data.contains("error") && outcome_->outcome == job_outcome::completed)
        outcome_->outcome = job_outcome::failed;  // with an empty reason
    return implied(job_state::concluded);
}

void job_facts::take_progress(job_info const& listed)
{
    ++reports_;
    current_ = listed.current;
    total_ = listed.total;
    is_block_job_ = is_block_job_ || detail::is_block_job(listed.type);
}

void job_facts::take_listed(job_info const& listed)
{
    has_begun_ = true;
    if (listed.paused_by_error)
        is_paused_by_error_ = true;
    if (listed.state == job_state::pending)
        waits_for_finalize_ = true;  // the others are not pending for long enough to be seen
    if (is_over(listed.state)) {
        if (!outcome_)
            outcome_ = outcome_of(listed.error);
    } else {
        outcome_.reset();  // that was an earlier job's
        is_record_complete_ = true;
    }
    enter(listed.state);
}

void job_facts::take_absence()
{
    is_record_complete_ = is_record_complete_ && is_over(state_);  // else the events of its end are missing
    enter(job_state::null);
}

void job_facts::infer_outcome(bool is_cancelled_by_us)
{
    if (outcome_)
        return;
    if (!is_record_complete_)
        outcome_ = job_end(job_outcome::vanished);
    else if (!was_aborting_)
        outcome_ = job_end(job_outcome::completed);
    else
        outcome_ = job_end(is_cancelled_by_us ? job_outcome::cancelled : job_outcome::failed);
}

// ---- What is known ---------------------------------------------------------------------------------------------------------

job_progress job_facts::progress(rate_estimate const& rate) const
{
    job_progress result;
    result.state = state_;
    result.current = current_;
    result.total = total_;
    result.rate = rate.per_second();
    if (state_ == job_state::running && total_ >= current_)
        result.time_left = rate.time_for(total_ - current_);
    result.paused_by_error = is_paused_by_error_;
    return result;
}

}  // namespace coqmp::detail
