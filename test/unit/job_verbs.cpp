// What is asked of a job, and when: complete, finalize, cancel, dismiss.
#include "job/job_tracker.hpp"

#include "unit/tracked_job.hpp"

#include <boost/test/unit_test.hpp>

using coqmp::job_end;
using coqmp::job_outcome;
using coqmp::job_verb;
using coqmp::detail::job_tracker;
using namespace coqmp::test;

BOOST_AUTO_TEST_SUITE(job_verbs)

BOOST_AUTO_TEST_CASE(a_dismissal_that_another_client_was_faster_with_is_no_failure)
{
    job_tracker tracker = running_job();
    tracker.take(block_event("BLOCK_JOB_COMPLETED"));
    take_states(tracker, {"concluded"});
    BOOST_TEST(next_of(tracker) == "job-dismiss");
    tracker.answer(refusal("Job not found"));
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(a_dismissal_without_a_reply_does_not_delay_the_outcome)
{
    job_tracker tracker = running_job();
    tracker.take(block_event("BLOCK_JOB_COMPLETED"));
    take_states(tracker, {"concluded"});
    BOOST_TEST(next_of(tracker) == "job-dismiss");
    tracker.unanswered();
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(a_run_dismisses_an_attached_job_that_has_concluded)
{
    job_tracker tracker = attached_job(listing("concluded"));
    tracker.drive();
    BOOST_TEST(!tracker.end().has_value());
    BOOST_TEST(next_of(tracker) == "job-dismiss");
    tracker.answer(done());
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(a_run_completes_a_job_that_is_ready_once)
{
    job_tracker tracker = running_job();
    tracker.drive();
    BOOST_TEST(next_of(tracker) == "");
    take_states(tracker, {"ready"});
    BOOST_TEST(next_of(tracker) == "job-complete");
    tracker.answer(done());
    take_states(tracker, {"standby", "ready"});  // another client paused it, and resumed it
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(a_run_does_not_mind_that_another_client_completed_the_job)
{
    job_tracker tracker = running_job();
    tracker.drive();
    take_states(tracker, {"ready"});
    BOOST_TEST(next_of(tracker) == "job-complete");
    tracker.answer(refusal("Job 'm' in state 'waiting' cannot accept command verb 'complete'"));
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(listing("waiting"));
    BOOST_TEST(!tracker.take_refusal().has_value());
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(a_run_ends_when_qemu_refuses_to_complete_a_job_that_is_ready)
{
    job_tracker tracker = running_job();
    tracker.drive();
    take_states(tracker, {"ready"});
    BOOST_TEST(next_of(tracker) == "job-complete");
    tracker.answer(refusal("the target is gone"));
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(listing("ready"));
    auto const refused = tracker.take_refusal();
    BOOST_REQUIRE(refused.has_value());
    BOOST_TEST((*refused == job_end(job_outcome::refused, "job-complete: the target is gone")));
    BOOST_TEST(next_of(tracker) == "");
    BOOST_TEST(!tracker.end().has_value());
}

BOOST_AUTO_TEST_CASE(a_run_finalizes_a_job_only_if_it_waits_for_that)
{
    job_tracker tracker = running_job();
    tracker.drive();
    take_states(tracker, {"waiting", "pending"});
    BOOST_TEST(next_of(tracker) == "");
    BOOST_TEST(!needs_verb(tracker));
    tracker.take(job_event("BLOCK_JOB_PENDING", {{"id", "m"}, {"type", "mirror"}}));
    BOOST_TEST(needs_verb(tracker));
    BOOST_TEST(next_of(tracker) == "job-finalize");
}

BOOST_AUTO_TEST_CASE(a_job_is_cancelled_as_soon_as_it_has_started)
{
    job_tracker tracker("m", modern, true);
    tracker.cancel();
    take_states(tracker, {"created", "running"});
    BOOST_TEST(next_of(tracker) == "");
    tracker.started();
    BOOST_TEST(next_of(tracker) == "job-cancel");
    tracker.answer(done());
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(a_cancelled_run_does_not_complete_the_job)
{
    job_tracker tracker = running_job();
    tracker.drive();
    take_states(tracker, {"ready"});
    tracker.cancel();
    BOOST_TEST(next_of(tracker) == "job-cancel");
}

BOOST_AUTO_TEST_CASE(a_job_that_is_ready_is_cancelled_by_force_where_job_cancel_would_complete_it)
{
    job_tracker tracker = running_job(middle_aged);
    take_states(tracker, {"ready"});
    tracker.take(block_event("BLOCK_JOB_READY"));
    tracker.cancel();
    auto const what = tracker.next();
    BOOST_REQUIRE(what.has_value());
    BOOST_TEST(what->name() == "block-job-cancel");
    BOOST_TEST(what->arguments().at("force").as_bool());
    BOOST_TEST(what->arguments().at("device").as_string() == "m");
}

BOOST_AUTO_TEST_CASE(a_cancellation_that_comes_too_late_is_no_failure)
{
    job_tracker tracker = running_job();
    tracker.cancel();
    BOOST_TEST(next_of(tracker) == "job-cancel");
    take_states(tracker, {"waiting", "pending"});
    tracker.take(block_event("BLOCK_JOB_COMPLETED"));
    take_states(tracker, {"concluded"});
    tracker.answer(refusal("Job 'm' in state 'concluded' cannot accept command verb 'cancel'"));
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(listing("concluded"));
    BOOST_TEST(next_of(tracker) == "job-dismiss");
    tracker.answer(done());
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
    BOOST_TEST(!tracker.take_refusal().has_value());
}

BOOST_AUTO_TEST_CASE(a_cancellation_that_qemu_refuses_is_reported_and_not_repeated)
{
    job_tracker tracker = running_job();
    tracker.cancel();
    BOOST_TEST(next_of(tracker) == "job-cancel");
    tracker.answer(refusal("no"));
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(listing("running"));
    BOOST_TEST(tracker.take_refusal().has_value());
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(a_cancellation_without_a_reply_is_repeated_at_the_next_look)
{
    job_tracker tracker = running_job();
    tracker.cancel();
    BOOST_TEST(next_of(tracker) == "job-cancel");
    tracker.unanswered();
    BOOST_TEST(next_of(tracker) == "");
    tracker.look();
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(listing("running"));
    BOOST_TEST(next_of(tracker) == "job-cancel");
}

BOOST_AUTO_TEST_CASE(a_verb_that_qemu_has_by_another_name_is_sent_again)
{
    job_tracker tracker = running_job();
    BOOST_TEST(tracker.to_send(job_verb::pause).name() == "job-pause");
    BOOST_TEST(!tracker.knows_another(refusal("in this state")));
    BOOST_TEST(tracker.knows_another(refusal("not found", "CommandNotFound")));
    BOOST_TEST(tracker.to_send(job_verb::pause).name() == "block-job-pause");
    BOOST_TEST(tracker.to_send(job_verb::pause).arguments().at("device").as_string() == "m");
    BOOST_TEST(tracker.to_send(job_verb::finalize).arguments().at("id").as_string() == "m");
    BOOST_TEST(!tracker.knows_another(refusal("not found", "CommandNotFound")));
}

BOOST_AUTO_TEST_SUITE_END()
