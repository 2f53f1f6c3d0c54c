// Which reports about a machine run hooks.
#include "hooks/report_filter.hpp"

#include <boost/test/unit_test.hpp>

using namespace coqmpd;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;

namespace {

constexpr reported_state runs{lifecycle::running, lifecycle_reason::none};
constexpr reported_state pauses{lifecycle::paused, lifecycle_reason::no_space};
constexpr reported_state is_given_up{lifecycle::given_up, lifecycle_reason::panicked};
constexpr reported_state waits{lifecycle::backing_off, lifecycle_reason::ended_unseen};

report_filter recalled(reported_state last)
{
    report_filter result;
    result.recall(last);
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hook_reports, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_change_is_reported_once)
{
    report_filter reports;
    BOOST_TEST(reports.take(runs));
    BOOST_TEST(!reports.take(runs));
    BOOST_TEST(reports.take(pauses));
    BOOST_TEST(reports.take(runs));
}

BOOST_AUTO_TEST_CASE(what_an_earlier_daemon_has_reported_is_no_change)
{
    for (reported_state const& each : {runs, pauses, is_given_up}) {
        report_filter reports = recalled(each);
        BOOST_TEST(!reports.take(each));
        BOOST_TEST(reports.take(waits));
    }
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_down_as_before_is_no_change)
{
    report_filter given_up = recalled(is_given_up);
    BOOST_TEST(!given_up.take({lifecycle::given_up, lifecycle_reason::ended_unseen}));
    report_filter failed = recalled({lifecycle::failed, lifecycle_reason::panicked});
    BOOST_TEST(!failed.take({lifecycle::stopped, lifecycle_reason::ended_unseen}));
    BOOST_TEST(failed.take({lifecycle::stopped, lifecycle_reason::by_operator}));
}

BOOST_AUTO_TEST_CASE(what_has_happened_without_a_daemon_is_a_change)
{
    report_filter ended = recalled(runs);
    BOOST_TEST(ended.take(waits));
    report_filter paused = recalled(runs);
    BOOST_TEST(!paused.take(runs));
    BOOST_TEST(paused.take(pauses));
}

BOOST_AUTO_TEST_CASE(a_paused_machine_that_is_adopted_does_not_run_in_between)
{
    report_filter reports = recalled(pauses);
    BOOST_TEST(!reports.take(runs));  // until QEMU has said more
    BOOST_TEST(!reports.take(runs));
    BOOST_TEST(!reports.take(pauses));
    BOOST_TEST(reports.take(runs));
}

BOOST_AUTO_TEST_CASE(a_machine_that_ran_again_when_it_was_adopted_can_be_paused_again)
{
    report_filter reports = recalled(pauses);
    BOOST_TEST(!reports.take(runs));
    reports.take("RTC_CHANGE");
    reports.take("STOP");
    BOOST_TEST(reports.take(pauses));
}

BOOST_AUTO_TEST_CASE(a_recalled_state_does_not_replace_a_newer_one)
{
    report_filter reports;
    BOOST_TEST(reports.take(runs));
    reports.recall(pauses);
    BOOST_TEST(!reports.take(runs));
}

BOOST_AUTO_TEST_CASE(a_state_is_stored_as_its_names)
{
    BOOST_TEST(to_string(runs) == "running");
    BOOST_TEST(to_string(is_given_up) == "given-up panicked");
    for (reported_state const& each : {runs, pauses, is_given_up, waits})
        BOOST_TEST((parse_reported_state(to_string(each)) == each));
    for (char const* const each : {"", "flying", "running panicked!", "running "})
        BOOST_TEST(!parse_reported_state(each).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
