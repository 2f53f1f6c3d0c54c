// qmp-run's exit status for each end of a machine.
#include "exit_status.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>
#include <vector>

using coqmp::lifecycle_reason;
using qmp_run::exit_status_of;
using qmp_run::run_exit;

BOOST_AUTO_TEST_SUITE(exit_statuses, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(each_reason_has_its_status)
{
    std::vector<std::pair<lifecycle_reason, int>> const expected{
        {lifecycle_reason::guest_shutdown, 0}, {lifecycle_reason::by_operator, 0},     {lifecycle_reason::host_shutdown, 0},
        {lifecycle_reason::migrated, 0},       {lifecycle_reason::rebooted, 80},       {lifecycle_reason::panicked, 81},
        {lifecycle_reason::watchdog, 82},      {lifecycle_reason::outside, 83},        {lifecycle_reason::killed_by_signal, 84},
        {lifecycle_reason::out_of_memory, 84}, {lifecycle_reason::not_responding, 84}, {lifecycle_reason::did_not_start, 85},
        {lifecycle_reason::failed_exit, 1},    {lifecycle_reason::ended_unseen, 1},    {lifecycle_reason::reboots_endlessly, 1},
    };
    for (auto const& [reason, status] : expected)
        BOOST_TEST(static_cast<int>(exit_status_of(reason)) == status, reason);
}

BOOST_AUTO_TEST_CASE(a_reason_for_a_pause_explains_no_end)
{
    BOOST_TEST((exit_status_of(lifecycle_reason::no_space) == run_exit::failure));
    BOOST_TEST((exit_status_of(lifecycle_reason::other) == run_exit::failure));
}

BOOST_AUTO_TEST_SUITE_END()
