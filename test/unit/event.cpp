// Events print in a readable form, and can be compared.
#include <coqmp/event.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <sstream>

using coqmp::event;

BOOST_AUTO_TEST_SUITE(event_suite)

BOOST_AUTO_TEST_CASE(an_event_prints_its_name_and_its_data)
{
    std::ostringstream out;
    out << event{"SHUTDOWN", {{"guest", false}}, {}, 0} << '\n' << event{"STOP", {}, {}, 0};
    BOOST_TEST(out.str() == "SHUTDOWN {\"guest\":false}\nSTOP");
    std::ostringstream infinite;
    infinite << event{"A", {{"a", -std::numeric_limits<double>::infinity()}}, {}, 0};
    BOOST_TEST(infinite.str() == "A {\"a\":-1e999}");
}

BOOST_AUTO_TEST_CASE(events_differ_in_each_member)
{
    event const one{"STOP", {}, {}, 0};
    BOOST_TEST((one == event{"STOP", {}, {}, 0}));
    BOOST_TEST((one != event{"RESUME", {}, {}, 0}));
    BOOST_TEST((one != event{"STOP", {{"a", 1}}, {}, 0}));
    BOOST_TEST((one != event{"STOP", {}, std::chrono::system_clock::time_point(), 0}));
    BOOST_TEST((one != event{"STOP", {}, {}, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
