// What is known of one of many jobs.
#ifndef COQMP_JOB_RECORD_HPP
#define COQMP_JOB_RECORD_HPP

#include <coqmp/job_end.hpp>
#include <coqmp/job_progress.hpp>
#include <coqmp/job_state.hpp>

#include <optional>
#include <vector>

namespace coqmp {

/// What a job_history knows of a job.
/// @par Threads Distinct objects may be used from distinct threads.
struct job_record
{
    job_record() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries in co_await expressions twice

    job_progress progress;           ///< Its rate is empty, because a history has no clock.
    std::vector<job_state> seen_in;  ///< Each state that was seen, in the order in which they came.
    bool needs_verb = false;         ///< It waits for `job-complete` or `job-finalize`, which this client has not sent.
    std::optional<job_end> end;      ///< Empty until it is known how the job ended.

    /// Whether the job was seen in this state.
    [[nodiscard]] bool has_been(job_state wanted) const noexcept;

    friend bool operator==(job_record const&, job_record const&) = default;
};

}  // namespace coqmp

#endif
