// What is known of a job, and its progress bar.
#include "commands/job_progress.hpp"
#include "commands/job_log.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace qmp_shell;

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(how_a_job_ended_is_unknown_when_events_were_lost_before_its_end)
{
    job_record record;
    record.enter("created");
    record.was_listed = true;
    record.enter("running");
    BOOST_TEST(record.is_outcome_known());
    record.missed = true;
    record.enter("concluded");
    BOOST_TEST(!record.is_outcome_known());
}

BOOST_AUTO_TEST_CASE(a_bar_fills)
{
    BOOST_TEST(progress_bar("j", "running", 0, 0, 80).starts_with("j [...."));
    BOOST_TEST(progress_bar("j", "running", 1, 2, 80).find("]  50 % running") != std::string::npos);
    BOOST_TEST(progress_bar("j", "running", 3, 2, 80).find("] 100 % running") != std::string::npos);
    BOOST_TEST(progress_bar("j", "running", 1, 2, 30).size() < 30U);
    BOOST_TEST(progress_bar("j", "running", 1, 2, 5).find("50 %") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
