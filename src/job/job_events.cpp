#include "job/job_events.hpp"

#include "detail/json_access.hpp"

#include <utility>
#include <vector>

namespace coqmp::detail {

event_filter events_of_all_jobs()
{
    return event_filter(std::vector<std::string>{"JOB_STATUS_CHANGE", "BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED",
                                                 "BLOCK_JOB_ERROR", "BLOCK_JOB_READY", "BLOCK_JOB_PENDING"});
}

event_filter events_of_job(std::string id)
{
    event_filter result = events_of_all_jobs();
    result.matching([id = std::move(id)](event const& what) { return job_id_in(what) == id; });
    return result;
}

std::string_view job_id_in(event const& what) noexcept
{
    return text_in(what.data, what.data.contains("id") ? "id" : "device");
}

}  // namespace coqmp::detail
