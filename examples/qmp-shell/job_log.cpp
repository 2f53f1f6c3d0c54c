#include "job_log.hpp"

#include "json_access.hpp"
#include "text.hpp"

#include <algorithm>

namespace qmp_shell {

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
    if (what.name == "JOB_STATUS_CHANGE") {
        std::string const id = harmless(text_in(what.data, "id"));
        job_record& record = record_of(id);
        std::string const state = harmless(text_in(what.data, "status"));
        if (state == "created") {
            record = job_record();  // another one by the same name
            ++begun_;
            last_begun_ = id;
        }
        record.state = state;
        record.aborted = record.aborted || state == "aborting";
        return;
    }
    job_record& record = record_of(harmless(text_in(what.data, "device")));
    if (what.data.contains("error"))
        record.failure = harmless(text_in(what.data, "error"));
    record.aborted = record.aborted || what.name == "BLOCK_JOB_CANCELLED";
}

void job_log::note(std::string const& job, boost::json::object const& told)
{
    job_record& record = record_of(job);
    record.state = harmless(text_in(told, "status"));
    record.done = number_in(told, "current-progress");
    record.total = number_in(told, "total-progress");
    if (told.contains("error"))
        record.failure = harmless(text_in(told, "error"));
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
