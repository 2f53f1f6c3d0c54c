#include "commands/job_log.hpp"

#include "language/json_access.hpp"
#include "terminal/text.hpp"

#include <algorithm>

namespace qmp_shell {

namespace {

/// @return empty: it is not a command to a job
std::string job_of(coqmp::command const& sent)
{
    std::string_view const name = sent.name();
    if (!name.starts_with("job-") && !name.starts_with("block-job-"))
        return {};
    std::string_view const by_id = text_in(sent.arguments(), "id");
    return in_one_line(by_id.empty() ? text_in(sent.arguments(), "device") : by_id);
}

}  // namespace

bool job_record::has_been(std::string_view wanted) const
{
    return std::find(states.begin(), states.end(), wanted) != states.end();
}

bool job_record::is_outcome_known() const
{
    return !missed && (was_listed || (!states.empty() && states.front() != "concluded" && states.front() != "null"));
}

void job_record::enter(std::string const& next)
{
    state = next;
    if (!has_been(next))
        states.push_back(next);
}

void job_record::obey(std::string_view command)
{
    bool const cancels = command == "job-cancel" || command == "block-job-cancel";
    // block-job-cancel completes a job that is ready, without the change of images that job-complete would bring.
    completing = completing || cancels || command == "job-complete" || command == "block-job-complete";
    finalizing = finalizing || command == "job-finalize" || command == "block-job-finalize";
    cancelled = cancelled || cancels;
}

job_log::job_log(coqmp::session& of)
    : events_(of.subscribe(coqmp::event_filter({"JOB_STATUS_CHANGE", "BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED"})))
{
    read();
}

void job_log::read()
{
    events_.async_next([this](boost::system::error_code error, coqmp::event const& what) {
        if (error)
            return;
        take(what);
        read();
    });
}

void job_log::take(coqmp::event const& what)
{
    ++changes_;
    if (what.lost_before > 0)
        forget_outcomes();
    if (what.name == "JOB_STATUS_CHANGE") {
        std::string const id = in_one_line(text_in(what.data, "id"));
        job_record& record = record_of(id);
        std::string const state = in_one_line(text_in(what.data, "status"));
        if (state == "created") {
            record = job_record();  // another one by the same name
            ++begun_;
            last_begun_ = id;
        }
        record.enter(state);
        record.aborted = record.aborted || state == "aborting";
        return;
    }
    job_record& record = record_of(in_one_line(text_in(what.data, "device")));
    if (what.data.contains("error")) {
        record.failure = in_one_line(text_in(what.data, "error"));
        record.cancelled = false;  // it failed before the command came to it
    }
    record.aborted = record.aborted || what.name == "BLOCK_JOB_CANCELLED";
    record.cancelled = record.cancelled || what.name == "BLOCK_JOB_CANCELLED";
}

void job_log::forget_outcomes()
{
    for (auto& [job, record] : records_)
        record.missed = record.missed || !record.over();
}

void job_log::note(coqmp::command const& sent)
{
    std::string const job = job_of(sent);
    if (!job.empty())
        record_of(job).obey(sent.name());
}

std::string job_log::to_ask_for_before(coqmp::command const& sent) const
{
    bool const dismisses = sent.name() == "job-dismiss" || sent.name() == "block-job-dismiss";
    std::string job = dismisses ? job_of(sent) : std::string();
    job_record const* const known = find(job);
    return known != nullptr && known->is_outcome_known() ? std::string() : job;
}

void job_log::note(std::string const& job, boost::json::object const& listed)
{
    job_record& record = record_of(job);
    record.enter(in_one_line(text_in(listed, "status")));
    record.was_listed = true;
    record.missed = record.missed && !record.over();
    record.done = number_in(listed, "current-progress");
    record.total = number_in(listed, "total-progress");
    if (listed.contains("error"))
        record.failure = in_one_line(text_in(listed, "error"));
}

job_record const* job_log::find(std::string const& job) const
{
    auto const found = std::find_if(records_.begin(), records_.end(), [&job](auto const& each) { return each.first == job; });
    return found == records_.end() ? nullptr : &found->second;
}

job_record& job_log::record_of(std::string const& job)
{
    auto const found = std::find_if(records_.begin(), records_.end(), [&job](auto const& each) { return each.first == job; });
    if (found != records_.end())
        return found->second;
    if (records_.size() == most_jobs)
        records_.pop_front();
    return records_.emplace_back(job, job_record()).second;
}

}  // namespace qmp_shell
