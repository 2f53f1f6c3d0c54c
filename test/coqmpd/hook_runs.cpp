// Which hooks of a machine are run, and what they get.
#include "daemon/hooks/state_names.hpp"
#include "hooks/hook_selection.hpp"
#include "hooks/wanted_events.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace coqmpd;
using namespace std::chrono_literals;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;

namespace {

coqmp::machine_status in(lifecycle state, lifecycle_reason reason = lifecycle_reason::none)
{
    coqmp::machine_status result;
    result.state = state;
    result.reason = reason;
    return result;
}

hook_settings hook(char const* program)
{
    hook_settings result;
    result.program = program;
    return result;
}

std::vector<hook_settings> three_hooks()
{
    hook_settings state = hook("/state");
    state.states = {"given-up"};
    hook_settings reason = hook("/reason");
    reason.reasons = {"panicked"};
    hook_settings event = hook("/event");
    event.events = {"GUEST_PANICKED"};
    return {state, reason, event};
}

std::vector<std::string> programs(coqmp_daemon::hook_occasion const& occasion)
{
    std::vector<std::string> result;
    for (auto const& each : runs_for(occasion, three_hooks(), {}))
        result.push_back(each.program);
    return result;
}

bool is_listed(std::vector<std::string> const& names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hook_runs, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_hook_is_run_for_its_state_or_its_reason)
{
    std::vector<std::string> const both{"/state", "/reason"};
    BOOST_TEST(programs(occasion_of("vm", in(lifecycle::given_up, lifecycle_reason::panicked))) == both,
               boost::test_tools::per_element());
    std::vector<std::string> const one{"/reason"};
    BOOST_TEST(programs(occasion_of("vm", in(lifecycle::backing_off, lifecycle_reason::panicked))) == one,
               boost::test_tools::per_element());
    BOOST_TEST(programs(occasion_of("vm", in(lifecycle::running))).empty());
}

BOOST_AUTO_TEST_CASE(a_hook_is_run_for_its_event)
{
    auto occasion = occasion_of("vm", in(lifecycle::given_up, lifecycle_reason::panicked));
    occasion.event = "GUEST_PANICKED";
    std::vector<std::string> const expected{"/event"};
    BOOST_TEST(programs(occasion) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_events_that_hooks_are_run_for_are_wanted)
{
    wanted_events events;
    BOOST_TEST(!events.has("GUEST_PANICKED"));
    events.add(three_hooks());
    events.add(three_hooks());
    BOOST_TEST(events.has("GUEST_PANICKED"));
    BOOST_TEST(!events.has("RTC_CHANGE"));
    events.remove(three_hooks());
    BOOST_TEST(events.has("GUEST_PANICKED"));
    events.remove(three_hooks());
    BOOST_TEST(!events.has("GUEST_PANICKED"));
    events.add({hook("/everything")});
    BOOST_TEST(events.has("RTC_CHANGE"));
    events.remove({hook("/everything")});
    BOOST_TEST(!events.has("RTC_CHANGE"));
}

BOOST_AUTO_TEST_CASE(a_hook_gets_its_arguments_and_what_happened)
{
    hook_settings wanted = hook("/page-me");
    wanted.arguments = {"--now", ""};
    wanted.states = {"failed"};
    wanted.timeout = 3s;
    auto const found = runs_for(occasion_of("vm", in(lifecycle::failed, lifecycle_reason::watchdog)), {wanted}, {"PATH=/bin"});
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found[0].arguments == wanted.arguments, boost::test_tools::per_element());
    BOOST_TEST((found[0].timeout == 3s));
    BOOST_TEST(is_listed(found[0].environment, "PATH=/bin"));
    BOOST_TEST(is_listed(found[0].environment, "COQMP_MACHINE=vm"));
    BOOST_TEST(is_listed(found[0].environment, "COQMP_REASON=watchdog"));
    BOOST_TEST(found[0].input == "{\"machine\":\"vm\",\"state\":\"failed\",\"reason\":\"watchdog\"}\n");
}

BOOST_AUTO_TEST_CASE(a_file_can_name_each_state_and_each_reason)
{
    for (int state = 0; state <= static_cast<int>(lifecycle::given_up); ++state)
        BOOST_TEST(is_listed(state_names(), coqmp_daemon::state_name(static_cast<lifecycle>(state))));
    for (int reason = 1; reason <= static_cast<int>(lifecycle_reason::other); ++reason)
        BOOST_TEST(is_listed(reason_names(), coqmp_daemon::reason_name(static_cast<lifecycle_reason>(reason))));
}

BOOST_AUTO_TEST_SUITE_END()
