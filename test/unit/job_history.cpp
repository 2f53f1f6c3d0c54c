// What is remembered of many jobs, without a socket.
#include <coqmp/job_history.hpp>

#include "unit/job_model.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using coqmp::command;
using coqmp::event;
using coqmp::job_end;
using coqmp::job_history;
using coqmp::job_outcome;
using coqmp::job_record;
using coqmp::job_state;
using coqmp::reply;
using namespace coqmp::test;

namespace {

void take_states(job_history& jobs, std::vector<std::string> const& states, std::string_view id = "m")
{
    for (std::string const& each : states)
        jobs.take(status_event(each, id));
}

void take_list(job_history& jobs, reply const& answer)
{
    BOOST_TEST(jobs.ask_for_list().name() == "query-jobs");
    jobs.take_list(answer);
}

job_record found(job_history const& jobs, std::string_view id = "m")
{
    auto const result = jobs.find(id);
    BOOST_REQUIRE(result.has_value());
    return *result;
}

void check_end(job_history const& jobs, job_outcome how, std::string_view why = {}, std::string_view id = "m")
{
    job_record const job = found(jobs, id);
    BOOST_REQUIRE(job.end.has_value());
    BOOST_TEST((*job.end == job_end(how, std::string(why))));
}

event after_losses(event what)
{
    what.lost_before = 3;
    return what;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(job_history_of_a_qemu)

BOOST_AUTO_TEST_CASE(a_job_is_remembered_when_qemu_has_forgotten_it)
{
    job_history jobs;
    take_states(jobs, {"created", "running", "waiting", "pending"});
    BOOST_TEST(!found(jobs).end.has_value());
    jobs.take(block_event("BLOCK_JOB_COMPLETED"));
    take_states(jobs, {"concluded", "null"});
    check_end(jobs, job_outcome::completed);
    take_list(jobs, no_jobs());
    check_end(jobs, job_outcome::completed);
    BOOST_TEST(found(jobs).has_been(job_state::running));
    BOOST_TEST(!found(jobs).has_been(job_state::ready));
}

BOOST_AUTO_TEST_CASE(jobs_are_told_apart)
{
    job_history jobs;
    take_states(jobs, {"created", "running"}, "a");
    take_states(jobs, {"created", "running", "ready"}, "b");
    jobs.take(block_event("BLOCK_JOB_COMPLETED", "No space left on device", "a"));
    take_states(jobs, {"concluded"}, "a");
    check_end(jobs, job_outcome::failed, "No space left on device", "a");
    BOOST_TEST((found(jobs, "b").progress.state == job_state::ready));
    BOOST_TEST(found(jobs, "b").needs_verb);
    BOOST_TEST(!found(jobs, "a").needs_verb);
    BOOST_TEST(!jobs.find("c").has_value());
}

BOOST_AUTO_TEST_CASE(the_reason_of_a_job_without_block_events_comes_from_the_list)
{
    job_history jobs;
    take_states(jobs, {"created", "running", "aborting", "concluded"});
    BOOST_TEST(!found(jobs).end.has_value());
    take_list(jobs, listing("concluded", "Could not create 'x'"));
    check_end(jobs, job_outcome::failed, "Could not create 'x'");
}

BOOST_AUTO_TEST_CASE(a_job_that_was_there_before_is_known_from_the_list)
{
    job_history jobs;
    take_list(jobs, listing("running"));
    BOOST_TEST((found(jobs).progress.state == job_state::running));
    BOOST_TEST(found(jobs).progress.current == 50U);
    BOOST_TEST(found(jobs).progress.total == 100U);
    take_states(jobs, {"waiting", "pending", "concluded", "null"});
    check_end(jobs, job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(a_job_that_was_first_seen_when_it_had_ended_has_an_unknown_outcome_unless_it_is_listed)
{
    job_history jobs;
    take_states(jobs, {"concluded", "null"}, "gone");
    check_end(jobs, job_outcome::vanished, {}, "gone");
    take_states(jobs, {"concluded"});
    BOOST_TEST(!found(jobs).end.has_value());
    take_list(jobs, listing("concluded"));
    check_end(jobs, job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(a_job_that_was_seen_at_work_has_a_known_outcome)
{
    job_history jobs;
    take_states(jobs, {"running", "waiting", "pending", "concluded", "null"});
    check_end(jobs, job_outcome::completed);
    take_states(jobs, {"running", "aborting", "concluded", "null"}, "other");
    check_end(jobs, job_outcome::failed, {}, "other");
}

BOOST_AUTO_TEST_CASE(no_outcome_is_invented_for_a_job_whose_events_were_lost)
{
    job_history jobs;
    take_states(jobs, {"created", "running"});
    jobs.take(after_losses(status_event("created", "another")));
    take_states(jobs, {"null"});
    check_end(jobs, job_outcome::vanished);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_no_longer_listed_and_whose_end_was_not_seen_has_vanished)
{
    job_history jobs;
    take_states(jobs, {"created", "running"});
    take_list(jobs, no_jobs());
    check_end(jobs, job_outcome::vanished);
}

BOOST_AUTO_TEST_CASE(what_events_have_overtaken_does_not_count)
{
    job_history jobs;
    (void)jobs.ask_for_list();
    take_states(jobs, {"created", "running", "ready"});
    jobs.take_list(no_jobs());
    BOOST_TEST(!found(jobs).end.has_value());
    (void)jobs.ask_for_list();
    jobs.take(block_event("BLOCK_JOB_COMPLETED"));
    take_states(jobs, {"concluded", "null"});
    jobs.take_list(listing("running"));
    check_end(jobs, job_outcome::completed);
}

BOOST_AUTO_TEST_CASE(an_id_that_is_used_again_is_another_job)
{
    job_history jobs;
    take_states(jobs, {"created", "running", "ready", "aborting", "concluded", "null"});
    check_end(jobs, job_outcome::failed);
    take_states(jobs, {"created", "running"});
    BOOST_TEST(!found(jobs).end.has_value());
    BOOST_TEST(!found(jobs).has_been(job_state::ready));
}

BOOST_AUTO_TEST_CASE(an_id_that_is_used_again_is_noticed_in_the_list)
{
    job_history jobs;
    take_states(jobs, {"created", "running", "aborting", "concluded", "null"});
    take_list(jobs, listing("running"));
    BOOST_TEST(!found(jobs).end.has_value());
    BOOST_TEST((found(jobs).progress.state == job_state::running));
}

BOOST_AUTO_TEST_CASE(a_refusal_to_list_jobs_changes_nothing)
{
    job_history jobs;
    take_states(jobs, {"created", "running"});
    take_list(jobs, refusal("not allowed", "CommandNotFound"));
    BOOST_TEST((found(jobs).progress.state == job_state::running));
    (void)jobs.ask_for_list();  // is not answered
    take_list(jobs, listing("ready"));
    BOOST_TEST((found(jobs).progress.state == job_state::ready));
}

BOOST_AUTO_TEST_CASE(a_job_whose_end_was_commanded_needs_no_verb)
{
    for (std::string const name : {"job-complete", "block-job-complete", "job-cancel", "block-job-cancel"}) {
        job_history jobs;
        take_states(jobs, {"created", "running", "ready"});
        BOOST_TEST(found(jobs).needs_verb);
        jobs.accepted(command("job-pause").with("id", "m"));
        jobs.accepted(command("blockdev-del").with("id", "m"));
        BOOST_TEST(found(jobs).needs_verb);
        jobs.accepted(command(name).with(name.starts_with("block-") ? "device" : "id", "m"));
        BOOST_TEST(!found(jobs).needs_verb, name);
    }
}

BOOST_AUTO_TEST_CASE(a_job_is_pending_for_long_only_if_it_waits_to_be_finalized)
{
    job_history jobs;
    take_states(jobs, {"created", "running", "waiting", "pending"});
    BOOST_TEST(!found(jobs).needs_verb);
    jobs.take(job_event("BLOCK_JOB_PENDING", {{"id", "m"}, {"type", "mirror"}}));
    BOOST_TEST(found(jobs).needs_verb);
    jobs.accepted(command("job-finalize").with("id", "m"));
    BOOST_TEST(!found(jobs).needs_verb);
}

BOOST_AUTO_TEST_CASE(a_job_that_this_client_cancelled_was_cancelled)
{
    job_history jobs;
    take_states(jobs, {"created", "running"});
    jobs.accepted(command("job-cancel").with("id", "m"));
    take_states(jobs, {"aborting", "concluded", "null"});
    check_end(jobs, job_outcome::cancelled);
}

BOOST_AUTO_TEST_CASE(an_io_error_that_pauses_a_job_is_known)
{
    job_history jobs;
    take_states(jobs, {"created", "running"});
    jobs.take(job_event("BLOCK_JOB_ERROR", {{"device", "m"}, {"operation", "write"}, {"action", "stop"}}));
    take_states(jobs, {"paused"});
    BOOST_TEST(found(jobs).progress.paused_by_error);
}

BOOST_AUTO_TEST_CASE(the_oldest_of_many_jobs_is_forgotten)
{
    job_history jobs;
    for (int number = 0; number <= 256; ++number)
        take_states(jobs, {"created"}, "job" + std::to_string(number));
    BOOST_TEST(!jobs.find("job0").has_value());
    BOOST_TEST(jobs.find("job1").has_value());
    BOOST_TEST(jobs.find("job256").has_value());
}

BOOST_AUTO_TEST_CASE(events_that_are_not_about_a_job_change_nothing)
{
    job_history jobs;
    jobs.take(job_event("DEVICE_DELETED", {{"device", "m"}}));
    jobs.take(job_event("JOB_STATUS_CHANGE", {{"status", "running"}}));
    BOOST_TEST(!jobs.find("m").has_value());
    BOOST_TEST(!jobs.find("").has_value());
    BOOST_TEST(!job_history::events().accepts(job_event("DEVICE_DELETED", {{"device", "m"}})));
    BOOST_TEST(job_history::events().accepts(status_event("running")));
}

BOOST_AUTO_TEST_CASE(a_history_can_be_moved)
{
    job_history jobs;
    take_states(jobs, {"created"});
    job_history other = std::move(jobs);
    BOOST_TEST(other.find("m").has_value());
    jobs = job_history();
    BOOST_TEST(!jobs.find("m").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
