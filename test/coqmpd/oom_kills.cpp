// How an OOM kill is distinguished from another SIGKILL.
#include "supervision/oom_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>

using namespace coqmpd;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;

namespace {

coqmp::change change_to(lifecycle state, lifecycle_reason reason = lifecycle_reason::none, liveness health = liveness::gone)
{
    coqmp::change result;
    result.machine = "vm";
    result.state = state;
    result.status.state = state;
    result.status.reason = reason;
    result.status.health = health;
    result.reason = to_string(reason);
    return result;
}

struct fixture
{
    oom_count count = 0;
    oom_watch watch{[this](std::string const&) { return count; }};

    void starts() { (void)watch.explain(change_to(lifecycle::starting)); }
    void runs() { (void)watch.explain(change_to(lifecycle::running, lifecycle_reason::none, liveness::responsive)); }
    coqmp::change is_killed() { return watch.explain(change_to(lifecycle::backing_off, lifecycle_reason::killed_by_signal)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(oom_kills, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_kernel_counts_an_oom_kill)
{
    starts();
    runs();
    count = 1;
    coqmp::change const found = is_killed();
    BOOST_TEST((found.status.reason == lifecycle_reason::out_of_memory));
    BOOST_TEST(found.reason == to_string(lifecycle_reason::out_of_memory));
}

BOOST_AUTO_TEST_CASE(not_every_sigkill_is_an_oom_kill)
{
    count = 3;
    starts();
    runs();
    BOOST_TEST((is_killed().status.reason == lifecycle_reason::killed_by_signal));
}

BOOST_AUTO_TEST_CASE(without_a_cgroup_nothing_is_known)
{
    count = std::nullopt;
    starts();
    BOOST_TEST((is_killed().status.reason == lifecycle_reason::killed_by_signal));
}

BOOST_AUTO_TEST_CASE(an_adopted_machine_counts_from_its_adoption)
{
    count = 2;
    runs();
    BOOST_TEST((is_killed().status.reason == lifecycle_reason::killed_by_signal));
}

BOOST_AUTO_TEST_CASE(the_reason_is_kept_until_the_machine_starts_again)
{
    starts();
    count = 1;
    coqmp::machine_status const reported = change_to(lifecycle::backing_off, lifecycle_reason::killed_by_signal).status;
    (void)is_killed();
    BOOST_TEST((watch.explain("vm", reported).reason == lifecycle_reason::out_of_memory));
    starts();
    BOOST_TEST((watch.explain("vm", reported).reason == lifecycle_reason::killed_by_signal));
    BOOST_TEST((is_killed().status.reason == lifecycle_reason::killed_by_signal));
}

BOOST_AUTO_TEST_CASE(another_end_stays_what_it_is)
{
    starts();
    count = 1;
    BOOST_TEST((watch.explain(change_to(lifecycle::stopped, lifecycle_reason::guest_shutdown)).status.reason ==
                lifecycle_reason::guest_shutdown));
}

BOOST_AUTO_TEST_SUITE_END()
