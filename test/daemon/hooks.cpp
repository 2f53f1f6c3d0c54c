// Hooks: what they are run for, and what their programs receive.
#include "daemon/hooks/hook_occasion.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace coqmp_daemon;

namespace {

hook_occasion panic_event()
{
    hook_occasion result;
    result.machine = "vm1";
    result.state = "running";
    result.event = "GUEST_PANICKED";
    result.data = boost::json::parse(R"({"action":"pause"})").get_object();
    return result;
}

hook_occasion failure()
{
    hook_occasion result;
    result.machine = "vm1";
    result.state = "failed";
    result.reason = "panicked";
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hooks, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_hook_is_run_for_what_it_lists)
{
    hook_selection selection;
    selection.states = {"failed"};
    BOOST_TEST(selection.has(failure()));
    BOOST_TEST(!selection.has(panic_event()));
    selection = {};
    selection.reasons = {"watchdog", "panicked"};
    BOOST_TEST(selection.has(failure()));
    selection.reasons = {"watchdog"};
    BOOST_TEST(!selection.has(failure()));
    selection = {};
    selection.events = {"GUEST_PANICKED"};
    BOOST_TEST(selection.has(panic_event()));
    BOOST_TEST(!selection.has(failure()));
}

BOOST_AUTO_TEST_CASE(an_event_is_not_a_change_of_state)
{
    hook_selection selection;
    selection.states = {"running"};
    BOOST_TEST(!selection.has(panic_event()));
}

BOOST_AUTO_TEST_CASE(a_hook_that_lists_nothing_is_run_for_all)
{
    BOOST_TEST(hook_selection{}.has(failure()));
    BOOST_TEST(hook_selection{}.has(panic_event()));
}

BOOST_AUTO_TEST_CASE(the_program_reads_one_line_of_json)
{
    BOOST_TEST(hook_input(failure()) == "{\"machine\":\"vm1\",\"state\":\"failed\",\"reason\":\"panicked\"}\n");
    BOOST_TEST(hook_input(panic_event()) ==
               "{\"machine\":\"vm1\",\"state\":\"running\",\"event\":\"GUEST_PANICKED\",\"data\":{\"action\":\"pause\"}}\n");
    hook_occasion hostile = failure();
    hostile.reason = "a\nb";
    BOOST_TEST(hook_input(hostile) == "{\"machine\":\"vm1\",\"state\":\"failed\",\"reason\":\"a\\nb\"}\n");
}

BOOST_AUTO_TEST_CASE(data_that_are_too_long_are_left_out)
{
    hook_occasion hostile = panic_event();
    hostile.data["text"] = std::string(65000, 'x');
    BOOST_TEST(hook_input(hostile).size() > 65000U);
    hostile.data["text"] = std::string(66000, 'x');
    BOOST_TEST(hook_input(hostile) ==
               "{\"machine\":\"vm1\",\"state\":\"running\",\"event\":\"GUEST_PANICKED\",\"data-left-out\":true}\n");
    hostile = panic_event();
    hostile.event = std::string(66000, 'X');
    BOOST_TEST(hook_input(hostile).size() < 1000U);
}

BOOST_AUTO_TEST_CASE(the_environment_has_no_variables_of_an_earlier_occasion)
{
    std::vector<std::string> const expected{"PATH=/bin", "COQMP_MACHINE=vm1", "COQMP_STATE=failed", "COQMP_REASON=panicked",
                                            "COQMP_EVENT="};
    BOOST_TEST(hook_environment(failure(), {"PATH=/bin", "COQMP_EVENT=OLD"}) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_environment_can_always_be_passed)
{
    hook_occasion hostile = panic_event();
    hostile.event = std::string("A\0B\n", 4) + std::string(1000, 'x');
    std::string const last = hook_environment(hostile, {}).back();
    BOOST_TEST(last.starts_with("COQMP_EVENT=A\\x00B\\n"));
    BOOST_TEST(last.find('\0') == std::string::npos);
    BOOST_TEST(last.size() < 300U);
}

BOOST_AUTO_TEST_SUITE_END()
