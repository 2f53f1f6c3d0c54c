// The events that say something about jobs.
// Invariant: events of other clients' jobs pass, too; only their ids distinguish them.
#ifndef COQMP_SRC_JOB_JOB_EVENTS_HPP
#define COQMP_SRC_JOB_JOB_EVENTS_HPP

#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>

#include <string>
#include <string_view>

namespace coqmp::detail {

/// The events that may be about a job.
[[nodiscard]] event_filter events_of_all_jobs();

/// The events that may be about this job.
[[nodiscard]] event_filter events_of_job(std::string id);

/// The job that such an event is about. @return empty: none
[[nodiscard]] std::string_view job_id_in(event const& what) noexcept;

}  // namespace coqmp::detail

#endif
