// What a second reading of the files changes.
#include "machines/machine_changes.hpp"

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

/// What changes for one machine.
std::string change(std::string const& before, std::string const& after)
{
    std::string result;
    for (std::string const& each : describe(find_changes(parse({{"vm", before}}).machines, parse({{"vm", after}}))))
        result.append(result.empty() ? "" : "\n").append(each);
    return result;
}

std::string const launched = "arguments = ['-S']\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_changes_between_readings, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_same_files_change_nothing)
{
    BOOST_TEST(change(launched, launched).empty());
    BOOST_TEST(change(launched, "# moved\n\n" + launched).empty());
    BOOST_TEST(change("observe = '/a'", "\nobserve = '/a'").empty());
}

BOOST_AUTO_TEST_CASE(machines_come_and_go)
{
    machine_changes const found =
        find_changes(parse({{"a", launched}, {"b", launched}}).machines, parse({{"b", launched}, {"c", launched}}));
    machine_changes expected;
    expected.removed = {"a"};
    expected.added = {"c"};
    BOOST_TEST((found == expected));
}

BOOST_AUTO_TEST_CASE(a_machine_with_a_refused_file_is_kept_as_it_was)
{
    machine_changes const found = find_changes(parse({{"a", launched}}).machines, parse({{"a", "broken"}, {"b", "broken"}}));
    machine_changes expected;
    expected.kept = {"a"};
    BOOST_TEST((found == expected));
}

BOOST_AUTO_TEST_CASE(what_a_process_has_from_its_launch_needs_a_restart)
{
    BOOST_TEST(change(launched, "arguments = ['-s']") == "vm: new settings apply from its next restart: arguments");
    BOOST_TEST(change(launched, launched + "user = 0\nprogram = 'qemu'\nenvironment = ['A=B']") ==
               "vm: new settings apply from its next restart: program, environment and user");
    BOOST_TEST(change(launched, launched + "[limits]\nopen_files = 1000") ==
               "vm: new settings apply from its next restart: limits");
}

BOOST_AUTO_TEST_CASE(a_policy_is_applied_at_once)
{
    BOOST_TEST(change(launched, launched + "[restart]\npolicy = 'always'") == "vm: new settings apply now: restart");
    BOOST_TEST(change(launched, launched + "[limits]\nmemory = '1GiB'\n[[hook]]\nprogram = '/a'\nevents = ['A']") ==
               "vm: new settings apply now: hook and limits");
    BOOST_TEST(change(launched, launched + "[limits]\nmemory = '1GiB'\ncore = 0") ==
               "vm: new settings apply now: limits\nvm: new settings apply from its next restart: limits");
}

BOOST_AUTO_TEST_CASE(another_monitor_is_another_machine)
{
    machine_changes expected;
    expected.replaced = {"vm"};
    BOOST_TEST((find_changes(parse({{"vm", launched}}).machines, parse({{"vm", "observe = '/a'"}})) == expected));
    BOOST_TEST((find_changes(parse({{"vm", "observe = '/b'"}}).machines, parse({{"vm", "observe = '/a'"}})) == expected));
}

BOOST_AUTO_TEST_SUITE_END()
