// What is done about changed files of machines.
#include "supervision/reload_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace coqmpd;

namespace {

machine_set parse(std::vector<std::pair<std::string, std::string>> const& texts)
{
    std::vector<file_text> files;
    for (auto const& [name, text] : texts)
        files.push_back({name, name + ".toml", text});
    return parse_machines(files);
}

/// The plan when the file of one machine changes.
reload_plan plan(std::string const& before, std::string const& after)
{
    return plan_reload(find_changes(parse({{"vm", before}}).machines, parse({{"vm", after}})));
}

std::string const launched = "arguments = ['-S']\n";
std::string const hook = "[[hook]]\nprogram = '/bin/true'\nstates = ['failed']\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(reload_plans, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_same_file_needs_nothing)
{
    BOOST_TEST((plan(launched, launched) == reload_plan()));
}

BOOST_AUTO_TEST_CASE(machines_come_and_go)
{
    reload_plan const found = plan_reload(find_changes(parse({{"a", launched}}).machines, parse({{"b", launched}})));
    reload_plan expected;
    expected.added = {"b"};
    expected.removed = {"a"};
    BOOST_TEST((found == expected));
}

BOOST_AUTO_TEST_CASE(the_supervisor_gets_a_new_policy_and_new_arguments)
{
    reload_plan expected;
    expected.updated = {"vm"};
    BOOST_TEST((plan(launched, launched + "[restart]\npolicy = 'always'") == expected));
    BOOST_TEST((plan(launched, "arguments = ['-S', '-m', '64']") == expected));
    BOOST_TEST((plan(launched, launched + "[limits]\nopen_files = 2000") == expected));
}

BOOST_AUTO_TEST_CASE(hooks_monitors_and_limits_of_a_cgroup_change_without_the_supervisor)
{
    reload_plan hooks;
    hooks.hooked = {"vm"};
    BOOST_TEST((plan(launched, launched + hook) == hooks));
    reload_plan monitor;
    monitor.offered = {"vm"};
    BOOST_TEST((plan(launched, launched + "[monitor]\npolicy = 'all'") == monitor));
    reload_plan limits;
    limits.limited = {"vm"};
    BOOST_TEST((plan(launched, launched + "[limits]\nmemory = '1GiB'") == limits));
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_updated_is_in_no_other_list)
{
    reload_plan expected;
    expected.updated = {"vm"};
    BOOST_TEST((plan(launched, launched + "[limits]\nmemory = '1GiB'\n[panic]\naction = 'reset'\n" + hook) == expected));
}

BOOST_AUTO_TEST_CASE(a_machine_that_observes_another_qemu_is_replaced)
{
    reload_plan expected;
    expected.replaced = {"vm"};
    BOOST_TEST((plan("observe = '/run/a.qmp'", "observe = '/run/b.qmp'") == expected));
    BOOST_TEST((plan(launched, "observe = '/run/b.qmp'") == expected));
}

BOOST_AUTO_TEST_CASE(a_refused_file_changes_nothing)
{
    BOOST_TEST((plan(launched, "broken") == reload_plan()));
}

BOOST_AUTO_TEST_SUITE_END()
