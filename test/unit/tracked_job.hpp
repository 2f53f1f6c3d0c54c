// The job "m" and its tracker, for tests of the rules of following a job.
#ifndef COQMP_TEST_UNIT_TRACKED_JOB_HPP
#define COQMP_TEST_UNIT_TRACKED_JOB_HPP

#include "detail/rate_estimate.hpp"
#include "job/job_tracker.hpp"
#include "unit/job_model.hpp"

#include <coqmp/job_end.hpp>
#include <coqmp/job_progress.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/version.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace coqmp::test {

using detail::job_tracker;

inline version const modern{7, 2, 0, ""};
inline version const middle_aged{5, 2, 0, ""};

/// The name of the next command; empty if there is none.
inline std::string next_of(job_tracker& tracker)
{
    auto const what = tracker.next();
    return what ? what->name() : std::string();
}

inline job_progress progress_of(job_tracker const& tracker)
{
    return tracker.known().progress(detail::rate_estimate());
}

inline bool needs_verb(job_tracker const& tracker)
{
    return tracker.has_reached(job_tracker::goal_type());
}

inline job_outcome outcome_of(job_tracker const& tracker)
{
    BOOST_REQUIRE(tracker.end().has_value());
    return tracker.end()->outcome;
}

inline void take_states(job_tracker& tracker, std::vector<std::string> const& states)
{
    for (std::string const& each : states)
        tracker.take(status_event(each));
}

/// A job that was started, runs, and is dismissed by this tracker.
inline job_tracker running_job(version const& peer = modern)
{
    job_tracker tracker("m", peer, true);
    take_states(tracker, {"created", "running"});
    tracker.started();
    return tracker;
}

inline job_tracker attached_job(reply const& listed)
{
    job_tracker tracker("m", modern, false);
    tracker.attached();
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(listed);
    return tracker;
}

}  // namespace coqmp::test

#endif
