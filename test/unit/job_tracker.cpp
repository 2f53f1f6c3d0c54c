// The rules of following a job, without a socket and a clock.
#include "job/job_tracker.hpp"

#include "job/job_events.hpp"
#include "unit/tracked_job.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using coqmp::event;
using coqmp::job_end;
using coqmp::job_outcome;
using coqmp::job_state;
using coqmp::reply;
using coqmp::version;
using coqmp::detail::job_tracker;
using namespace coqmp::test;

BOOST_AUTO_TEST_SUITE(job_tracker_rules)

BOOST_AUTO_TEST_CASE(a_job_that_completes_is_dismissed_and_has_completed)
{
    job_tracker tracker = running_job();
    BOOST_TEST(next_of(tracker) == "");
    take_states(tracker, {"waiting", "pending"});
    tracker.take(block_event("BLOCK_JOB_COMPLETED"));
    take_states(tracker, {"concluded"});
    BOOST_TEST(!tracker.end().has_value());
    BOOST_TEST(next_of(tracker) == "job-dismiss");
    tracker.answer(done());
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_has_failed_with_the_reason_of_qemu)
{
    job_tracker tracker = running_job();
    take_states(tracker, {"aborting"});
    tracker.take(block_event("BLOCK_JOB_COMPLETED", "No space left on device"));
    take_states(tracker, {"concluded"});
    BOOST_TEST(next_of(tracker) == "job-dismiss");
    tracker.answer(done());
    BOOST_TEST((*tracker.end() == job_end(job_outcome::failed, "No space left on device")));
}

BOOST_AUTO_TEST_CASE(the_reason_of_a_job_without_block_events_is_asked_for_before_it_is_dismissed)
{
    job_tracker tracker = running_job();
    take_states(tracker, {"aborting", "concluded"});
    BOOST_TEST(next_of(tracker) == "query-jobs");
    BOOST_TEST(next_of(tracker) == "");
    tracker.answer(listing("concluded", "Could not create 'x'"));
    BOOST_TEST(next_of(tracker) == "job-dismiss");
    tracker.answer(done());
    BOOST_TEST((*tracker.end() == job_end(job_outcome::failed, "Could not create 'x'")));
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_before_the_reply_to_its_command_has_failed)
{
    job_tracker tracker("m", modern, true);
    take_states(tracker, {"created", "running", "aborting"});
    tracker.take(block_event("BLOCK_JOB_COMPLETED", "Input/output error"));
    take_states(tracker, {"concluded"});
    BOOST_TEST(next_of(tracker) == "");  // it is not known yet that this is our job
    tracker.started();
    BOOST_TEST(next_of(tracker) == "job-dismiss");
    tracker.answer(done());
    BOOST_TEST(tracker.end()->error == "Input/output error");
}

BOOST_AUTO_TEST_CASE(events_of_an_earlier_job_with_this_id_do_not_count)
{
    job_tracker tracker("m", modern, true);
    tracker.take(block_event("BLOCK_JOB_COMPLETED", "of the earlier one"));
    take_states(tracker, {"concluded", "null", "created", "running"});
    tracker.started();
    BOOST_TEST(next_of(tracker) == "");
    BOOST_TEST(tracker.known().state() == job_state::running);
    BOOST_TEST(!tracker.end().has_value());
    BOOST_TEST(progress_of(tracker).current == 0U);
}

BOOST_AUTO_TEST_CASE(a_job_whose_creation_was_not_seen_is_asked_for)
{
    job_tracker tracker("m", modern, true);
    tracker.started();
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(listing("running"));
    BOOST_TEST(tracker.known().state() == job_state::running);
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(a_command_that_qemu_refused_starts_no_job)
{
    job_tracker tracker("m", modern, true);
    tracker.not_started("blockdev-mirror: no");
    BOOST_TEST((*tracker.end() == job_end(job_outcome::refused, "blockdev-mirror: no")));
    tracker.take(status_event("created"));
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(a_command_without_a_reply_may_have_started_a_job)
{
    job_tracker tracker("m", modern, true);
    tracker.started(false);
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(no_jobs());
    BOOST_TEST(outcome_of(tracker) == job_outcome::vanished);
}

BOOST_AUTO_TEST_CASE(lost_events_are_replaced_by_the_list_of_jobs)
{
    job_tracker tracker = running_job();
    event lossy = block_event("BLOCK_JOB_READY");
    lossy.lost_before = 3;
    tracker.take(lossy);
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(listing("ready"));
    BOOST_TEST(tracker.known().state() == job_state::ready);
    BOOST_TEST(needs_verb(tracker));
}

BOOST_AUTO_TEST_CASE(a_job_that_ended_while_events_were_lost_has_vanished)
{
    job_tracker tracker = running_job();
    event lossy = status_event("null");
    lossy.lost_before = 5;
    tracker.take(lossy);
    BOOST_TEST(outcome_of(tracker) == job_outcome::vanished);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_no_longer_listed_and_whose_end_was_not_seen_has_vanished)
{
    job_tracker tracker = running_job();
    tracker.look();
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(no_jobs());
    BOOST_TEST(outcome_of(tracker) == job_outcome::vanished);
}

BOOST_AUTO_TEST_CASE(the_outcome_of_a_job_that_another_client_dismissed_follows_from_its_states)
{
    job_tracker good = running_job();
    take_states(good, {"waiting", "pending", "concluded", "null"});
    BOOST_TEST(outcome_of(good) == job_outcome::completed);
    job_tracker bad = running_job();
    take_states(bad, {"aborting", "concluded", "null"});
    BOOST_TEST((*bad.end() == job_end(job_outcome::failed)));
}

BOOST_AUTO_TEST_CASE(a_job_that_another_client_cancels_was_cancelled)
{
    job_tracker tracker = running_job();
    take_states(tracker, {"aborting"});
    tracker.take(block_event("BLOCK_JOB_CANCELLED"));
    take_states(tracker, {"concluded"});
    (void)tracker.next();
    tracker.answer(done());
    BOOST_TEST((*tracker.end() == job_end(job_outcome::cancelled)));
}

BOOST_AUTO_TEST_CASE(an_id_that_is_used_again_is_not_the_same_job)
{
    job_tracker tracker = running_job();
    event lossy = status_event("created");
    lossy.lost_before = 4;
    tracker.take(lossy);
    BOOST_TEST(outcome_of(tracker) == job_outcome::vanished);
}

BOOST_AUTO_TEST_CASE(an_attached_job_is_followed_from_the_list_on)
{
    job_tracker tracker = attached_job(listing("running"));
    BOOST_TEST(progress_of(tracker).current == 50U);
    BOOST_TEST(progress_of(tracker).total == 100U);
    take_states(tracker, {"waiting", "pending", "concluded", "null"});
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(an_attached_job_that_is_not_listed_has_vanished)
{
    job_tracker tracker = attached_job(no_jobs());
    BOOST_TEST(outcome_of(tracker) == job_outcome::vanished);
}

BOOST_AUTO_TEST_CASE(an_attached_job_that_has_concluded_has_its_outcome_and_is_kept)
{
    job_tracker tracker = attached_job(listing("concluded", "No space left on device"));
    BOOST_TEST((*tracker.end() == job_end(job_outcome::failed, "No space left on device")));
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(an_answer_that_events_have_overtaken_does_not_change_the_state)
{
    job_tracker tracker = running_job();
    tracker.look();
    BOOST_TEST(next_of(tracker) == "query-jobs");
    take_states(tracker, {"aborting", "concluded"});
    tracker.answer(listing("running"));
    BOOST_TEST(tracker.known().state() == job_state::concluded);
    BOOST_TEST(next_of(tracker) == "query-jobs");  // for the reason
    tracker.answer(listing("concluded", "Input/output error"));
    BOOST_TEST(next_of(tracker) == "job-dismiss");
}

BOOST_AUTO_TEST_CASE(a_query_without_a_reply_is_repeated_at_the_next_look)
{
    job_tracker tracker = attached_job(listing("running"));
    tracker.look();
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.unanswered();
    BOOST_TEST(next_of(tracker) == "");
    tracker.look();
    BOOST_TEST(next_of(tracker) == "query-jobs");
}

BOOST_AUTO_TEST_CASE(an_error_that_pauses_the_job_shows_until_it_runs_again)
{
    job_tracker tracker = running_job();
    tracker.take(job_event("BLOCK_JOB_ERROR", {{"device", "m"}, {"operation", "write"}, {"action", "stop"}}));
    take_states(tracker, {"paused"});
    BOOST_TEST(progress_of(tracker).paused_by_error);
    take_states(tracker, {"running"});
    BOOST_TEST(!progress_of(tracker).paused_by_error);
}

BOOST_AUTO_TEST_CASE(an_old_qemu_that_has_only_block_jobs_is_asked_for_these)
{
    job_tracker tracker("m", modern, true);
    tracker.started();
    BOOST_TEST(next_of(tracker) == "query-jobs");
    tracker.answer(refusal("The command query-jobs has not been found", "CommandNotFound"));
    BOOST_TEST(next_of(tracker) == "query-block-jobs");
    boost::json::object const listed{{"device", "m"},   {"len", 10},     {"offset", 4},
                                     {"paused", false}, {"ready", true}, {"type", "mirror"}};
    tracker.answer(reply(boost::json::value(boost::json::array{listed})));
    BOOST_TEST(tracker.known().state() == job_state::ready);
    BOOST_TEST(progress_of(tracker).current == 4U);
    tracker.drive();
    BOOST_TEST(next_of(tracker) == "block-job-complete");
    tracker.answer(done());
    tracker.take(block_event("BLOCK_JOB_COMPLETED"));
    BOOST_TEST(next_of(tracker) == "block-job-dismiss");
    tracker.answer(refusal("The command block-job-dismiss has not been found", "CommandNotFound"));
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(a_failure_on_an_old_qemu_is_known_from_its_only_event)
{
    job_tracker tracker("m", version{2, 8, 0, ""}, false);
    tracker.started();
    (void)tracker.next();
    tracker.answer(refusal("no such command", "CommandNotFound"));
    (void)tracker.next();
    tracker.answer(
        reply(boost::json::value(boost::json::array{boost::json::object{{"device", "m"}, {"len", 10}, {"offset", 4}}})));
    tracker.take(block_event("BLOCK_JOB_COMPLETED", "Input/output error"));
    BOOST_TEST((*tracker.end() == job_end(job_outcome::failed, "Input/output error")));
}

BOOST_AUTO_TEST_CASE(where_no_job_may_be_listed_the_events_are_enough)
{
    job_tracker tracker = running_job();
    tracker.look();
    (void)tracker.next();
    tracker.answer(refusal("forbidden"));
    BOOST_TEST(next_of(tracker) == "query-block-jobs");
    tracker.answer(refusal("forbidden"));
    BOOST_TEST(next_of(tracker) == "");
    BOOST_TEST(!tracker.end().has_value());
    take_states(tracker, {"waiting", "pending", "concluded"});
    (void)tracker.next();
    tracker.answer(refusal("forbidden"));
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(a_job_that_cannot_be_found_because_no_job_may_be_listed_has_vanished_with_the_reason)
{
    job_tracker tracker("m", modern, false);
    tracker.attached();
    (void)tracker.next();
    tracker.answer(refusal("forbidden"));
    (void)tracker.next();
    tracker.answer(refusal("forbidden"));
    BOOST_TEST((*tracker.end() == job_end(job_outcome::vanished, "forbidden")));
}

BOOST_AUTO_TEST_CASE(a_disconnection_while_the_job_is_dismissed_does_not_hide_its_outcome)
{
    job_tracker tracker = running_job();
    tracker.take(block_event("BLOCK_JOB_COMPLETED"));
    take_states(tracker, {"concluded"});
    (void)tracker.next();
    tracker.disconnected();
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
    job_tracker running = running_job();
    running.disconnected();
    BOOST_TEST(!running.end().has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_state_is_followed)
{
    job_tracker tracker = running_job();
    take_states(tracker, {"meditating"});
    BOOST_TEST(tracker.known().state() == job_state::unknown);
    take_states(tracker, {"waiting", "pending", "concluded"});
    (void)tracker.next();
    tracker.answer(listing("concluded"));
    (void)tracker.next();
    tracker.answer(done());
    BOOST_TEST(outcome_of(tracker) == job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(only_events_of_this_job_pass_its_filter)
{
    auto const filter = coqmp::detail::events_of_job("m");
    BOOST_TEST(filter.accepts(status_event("running")));
    BOOST_TEST(filter.accepts(block_event("BLOCK_JOB_READY")));
    BOOST_TEST(!filter.accepts(status_event("running", "n")));
    BOOST_TEST(!filter.accepts(block_event("BLOCK_JOB_READY", "", "n")));
    BOOST_TEST(!filter.accepts(job_event("RESUME", {})));
}

BOOST_AUTO_TEST_SUITE_END()
