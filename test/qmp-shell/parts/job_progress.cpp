// The progress bar of a job, and where a job is on its way to a state.
#include "commands/job_wait.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

using namespace qmp_shell;
using coqmp::job_state;

namespace {

std::string bar(std::uint64_t done, std::uint64_t total, std::size_t width)
{
    coqmp::job_progress come;
    come.state = coqmp::job_state::running;
    come.current = done;
    come.total = total;
    return progress_bar("j", come, width);
}

wait_result towards(job_state present, job_state wanted)
{
    coqmp::job_record job;
    job.progress.state = present;
    return progress_towards(job, wanted);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(a_bar_fills)
{
    BOOST_TEST(bar(0, 0, 80).starts_with("j [...."));
    BOOST_TEST(bar(1, 2, 80).find("]  50 % running") != std::string::npos);
    BOOST_TEST(bar(3, 2, 80).find("] 100 % running") != std::string::npos);
    BOOST_TEST(bar(1, 2, 30).size() < 30U);
    BOOST_TEST(bar(1, 2, 5).find("50 %") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_state_is_reached_or_missed_or_still_to_come)
{
    BOOST_TEST((towards(job_state::running, job_state::ready) == wait_result::wait));
    BOOST_TEST((towards(job_state::ready, job_state::running) == wait_result::reached));
    BOOST_TEST((towards(job_state::paused, job_state::running) == wait_result::wait));
    BOOST_TEST((towards(job_state::pending, job_state::waiting) == wait_result::reached));
    BOOST_TEST((towards(job_state::waiting, job_state::ready) == wait_result::missed));
    BOOST_TEST((towards(job_state::waiting, job_state::aborting) == wait_result::wait));
    BOOST_TEST((towards(job_state::unknown, job_state::created) == wait_result::reached));
    coqmp::job_record job;
    job.progress.state = job_state::waiting;
    job.seen_in = {job_state::ready};
    BOOST_TEST((progress_towards(job, job_state::ready) == wait_result::reached));
    BOOST_TEST((progress_towards(job, job_state::standby) == wait_result::missed));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_job_decides_every_wait)
{
    coqmp::job_record job;
    job.progress.state = job_state::null;
    BOOST_TEST((progress_towards(job, job_state::unknown) == wait_result::wait));
    job.end.emplace(coqmp::job_outcome::completed);
    BOOST_TEST((progress_towards(job, job_state::unknown) == wait_result::reached));
    BOOST_TEST((progress_towards(job, job_state::pending) == wait_result::reached));
    BOOST_TEST((progress_towards(job, job_state::aborting) == wait_result::missed));
    job.seen_in = {job_state::aborting};
    BOOST_TEST((progress_towards(job, job_state::aborting) == wait_result::reached));
}

BOOST_AUTO_TEST_SUITE_END()
