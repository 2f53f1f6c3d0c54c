// Which events are shown.
#include "qemu/event_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace qmp_shell;

BOOST_AUTO_TEST_SUITE(choices_of_events)

BOOST_AUTO_TEST_CASE(patterns_choose)
{
    BOOST_TEST(event_choice().accepts("STOP"));
    event_choice const jobs({"JOB_*", "!JOB_STATUS*", "stop"});
    BOOST_TEST(jobs.accepts("JOB_X"));
    BOOST_TEST(!jobs.accepts("JOB_STATUS_CHANGE"));
    BOOST_TEST(jobs.accepts("STOP"));
    BOOST_TEST(!jobs.accepts("RESUME"));
    event_choice const no_clock({"!RTC_CHANGE"});
    BOOST_TEST(no_clock.accepts("STOP"));
    BOOST_TEST(!no_clock.accepts("RTC_CHANGE"));
    BOOST_TEST(jobs.describe() == "JOB_* !JOB_STATUS* stop");
    BOOST_TEST(event_choice().describe() == "all");
}

BOOST_AUTO_TEST_SUITE_END()
