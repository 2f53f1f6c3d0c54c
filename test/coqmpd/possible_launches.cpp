// With what the QEMU of a machine may have been launched, while its file changes.
#include "stored/possible_launches.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace coqmpd;
using coqmp::lifecycle;

namespace {

launched_arguments with(char const* disk)
{
    return {{disk}, "/"};
}

std::string text(std::vector<launched_arguments> const& launches)
{
    std::string result;
    for (launched_arguments const& each : launches)
        result += each.arguments.front() + ' ';
    return result;
}

/// A machine whose QEMU was launched with "a", while its file says "b" now.
possible_launches changed()
{
    possible_launches result(with("a"));
    (void)result.take(lifecycle::starting);
    (void)result.take(lifecycle::running);
    result.announce(with("b"));
    result.apply(lifecycle::running);
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(launches_of_a_machine, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_machine_at_rest_uses_nothing)
{
    possible_launches launches(with("a"));
    BOOST_TEST(text(launches.in_use()).empty());
    BOOST_TEST(text(launches.all()) == "a ");
    launches.announce(with("b"));
    launches.apply(lifecycle::defined);
    BOOST_TEST(!launches.take(lifecycle::defined));
    BOOST_TEST(launches.take(lifecycle::starting));
    BOOST_TEST(text(launches.in_use()) == "b ");
}

BOOST_AUTO_TEST_CASE(a_machine_that_runs_keeps_what_it_was_launched_with)
{
    possible_launches const launches = changed();
    BOOST_TEST(text(launches.in_use()) == "a b ");
    BOOST_TEST(text(launches.all()) == "a b ");
}

BOOST_AUTO_TEST_CASE(the_next_launch_is_with_the_new_arguments)
{
    possible_launches launches = changed();
    BOOST_TEST(!launches.take(lifecycle::paused));
    BOOST_TEST(!launches.take(lifecycle::stopping));
    BOOST_TEST(launches.take(lifecycle::starting));
    BOOST_TEST(text(launches.in_use()) == "b ");
}

BOOST_AUTO_TEST_CASE(a_machine_that_waits_for_its_restart_uses_the_new_arguments)
{
    possible_launches launches = changed();
    BOOST_TEST(launches.take(lifecycle::backing_off));
    BOOST_TEST(text(launches.in_use()) == "b ");
    BOOST_TEST(!launches.take(lifecycle::stopped));
    BOOST_TEST(text(launches.in_use()).empty());
}

BOOST_AUTO_TEST_CASE(a_change_while_a_machine_starts_leaves_both_possible)
{
    possible_launches launches(with("a"));
    launches.announce(with("b"));
    launches.apply(lifecycle::starting);  // reported, but not taken yet
    BOOST_TEST(!launches.take(lifecycle::starting));
    BOOST_TEST(!launches.take(lifecycle::running));
    BOOST_TEST(text(launches.in_use()) == "a b ");
}

BOOST_AUTO_TEST_CASE(what_is_announced_is_kept_for_the_next_daemon)
{
    possible_launches launches(with("a"));
    (void)launches.take(lifecycle::starting);
    launches.announce(with("b"));
    BOOST_TEST(text(launches.all()) == "a b ");
    BOOST_TEST(text(launches.in_use()) == "a ");
    (void)launches.take(lifecycle::stopped);
    (void)launches.take(lifecycle::starting);  // still with the old arguments
    BOOST_TEST(text(launches.in_use()) == "a ");
    launches.apply(lifecycle::starting);
    BOOST_TEST(text(launches.in_use()) == "a b ");
}

BOOST_AUTO_TEST_CASE(what_an_earlier_daemon_has_launched_is_used_until_the_next_launch)
{
    possible_launches launches(with("c"), {with("a"), with("b"), with("c")});
    BOOST_TEST(text(launches.in_use()) == "a b c ");
    BOOST_TEST(!launches.take(lifecycle::running));
    BOOST_TEST(launches.take(lifecycle::stopped));
    BOOST_TEST(text(launches.all()) == "c ");
}

BOOST_AUTO_TEST_SUITE_END()
