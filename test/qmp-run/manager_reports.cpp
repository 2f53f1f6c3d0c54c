// What is reported to the service manager, and when.
#include "manager_reports.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

using namespace coqmp;
using namespace qmp_run;
using namespace std::chrono_literals;

namespace {

using clock_type = manager_reports::clock;

constexpr clock_type::time_point start{};
constexpr clock_type::time_point never = clock_type::time_point::max();

machine_status in(lifecycle state, lifecycle_reason reason = lifecycle_reason::none, liveness health = liveness::responsive)
{
    machine_status result;
    result.state = state;
    result.reason = reason;
    result.health = health;
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reports_to_the_manager, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_status_is_a_sentence)
{
    BOOST_TEST(status_text(in(lifecycle::running)) == "The guest is running");
    BOOST_TEST(status_text(in(lifecycle::paused, lifecycle_reason::no_space)) ==
               std::string("The guest is paused: ") + to_string(lifecycle_reason::no_space));
    BOOST_TEST(status_text(in(lifecycle::running, lifecycle_reason::none, liveness::silent)) ==
               "The guest is running; QEMU is not answering");
    machine_status status = in(lifecycle::stopping, lifecycle_reason::by_operator, liveness::busy);
    status.is_dumping = true;
    status.is_boot_looping = true;
    BOOST_TEST(status_text(status) == std::string("Shutting down: ") + to_string(lifecycle_reason::by_operator) +
                                          "; a crash dump is being written; the guest keeps rebooting; QEMU is busy");
}

BOOST_AUTO_TEST_CASE(a_start_needs_no_explanation)
{
    BOOST_TEST(status_text(in(lifecycle::starting, lifecycle_reason::by_operator)) == "Starting QEMU");
}

BOOST_AUTO_TEST_CASE(the_log_quotes_what_qemu_said)
{
    change what;
    what.status = in(lifecycle::failed, lifecycle_reason::did_not_start, liveness::gone);
    what.reason = "QEMU did not become ready: it said no";
    BOOST_TEST(describe(what) == "QEMU did not become ready: it said no");
}

BOOST_AUTO_TEST_CASE(it_is_ready_when_the_guest_runs_or_is_paused)
{
    for (lifecycle const state : {lifecycle::running, lifecycle::paused}) {
        manager_reports reports;
        BOOST_TEST(!reports.look(in(lifecycle::starting), never, start).ready);
        BOOST_TEST(reports.look(in(state), never, start).ready);
        BOOST_TEST(!reports.look(in(state), never, start).ready);
        BOOST_TEST(!reports.look(in(lifecycle::starting), never, start).ready);
        BOOST_TEST(!reports.look(in(state), never, start).ready);
    }
}

BOOST_AUTO_TEST_CASE(a_machine_that_never_started_is_never_ready)
{
    manager_reports reports;
    BOOST_TEST(!reports.look(in(lifecycle::starting), never, start).ready);
    BOOST_TEST(!reports.look(in(lifecycle::stopping), never, start).ready);
    BOOST_TEST(!reports.look(in(lifecycle::failed, lifecycle_reason::did_not_start), never, start).ready);
}

BOOST_AUTO_TEST_CASE(a_status_is_sent_when_it_changes)
{
    manager_reports reports;
    BOOST_TEST(reports.look(in(lifecycle::running), never, start).status.value() == "The guest is running");
    BOOST_TEST(!reports.look(in(lifecycle::running), never, start).status);
    BOOST_TEST(reports.look(in(lifecycle::paused), never, start).status.value() == "The guest is paused");
    BOOST_TEST(reports.look(in(lifecycle::running), never, start).status.value() == "The guest is running");
}

BOOST_AUTO_TEST_CASE(the_stop_is_announced_once)
{
    manager_reports reports;
    BOOST_TEST(!reports.look(in(lifecycle::running), never, start).stopping);
    BOOST_TEST(reports.look(in(lifecycle::stopping), never, start).stopping);
    BOOST_TEST(!reports.look(in(lifecycle::stopping), never, start).stopping);
}

BOOST_AUTO_TEST_CASE(a_shutdown_asks_for_time_again_and_again)
{
    manager_reports reports;
    clock_type::time_point const deadline = start + 75s;
    machine_status const status = in(lifecycle::stopping);
    BOOST_TEST((reports.look(status, deadline, start).extension == 30s));
    BOOST_TEST((reports.next_time() == start + 10s));
    BOOST_TEST(!reports.look(status, deadline, start + 9s).extension);
    BOOST_TEST((reports.look(status, deadline, start + 10s).extension == 30s));
    // A late call works as well.
    BOOST_TEST((reports.look(status, deadline, start + 40s).extension == 30s));
    BOOST_TEST((reports.next_time() == start + 50s));
}

BOOST_AUTO_TEST_CASE(no_extension_goes_far_beyond_the_deadline)
{
    manager_reports reports;
    machine_status const status = in(lifecycle::stopping);
    BOOST_TEST((reports.look(status, start + 75s, start + 60s).extension == 20s));
    BOOST_TEST((reports.look(status, start + 75s, start + 70s).extension == 10s));
    BOOST_TEST(!reports.look(status, start + 75s, start + 80s).extension);
    BOOST_TEST((reports.next_time() == never));
}

BOOST_AUTO_TEST_CASE(a_deadline_may_move)
{
    manager_reports reports;
    machine_status status = in(lifecycle::stopping);
    BOOST_TEST((reports.look(status, start + 5s, start).extension == 10s));
    BOOST_TEST(!reports.look(status, start + 5s, start + 5s).extension);
    status.is_dumping = true;
    BOOST_TEST((reports.look(status, start + 10min, start + 6s).extension == 30s));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_moves_is_told_at_once)
{
    manager_reports reports;
    machine_status const status = in(lifecycle::stopping);
    BOOST_TEST((reports.look(status, start + 75s, start + 70s).extension == 10s));
    BOOST_TEST((reports.look(status, start + 675s, start + 71s).extension == 30s));
    BOOST_TEST(!reports.look(status, start + 675s, start + 72s).extension);
    BOOST_TEST((reports.next_time() == start + 81s));
}

BOOST_AUTO_TEST_CASE(a_shutdown_without_a_limit_is_extended_for_ever)
{
    manager_reports reports;
    for (auto time = 0s; time < 1h; time += 10s)
        BOOST_TEST((reports.look(in(lifecycle::stopping), never, start + time).extension == 30s));
}

BOOST_AUTO_TEST_CASE(a_running_machine_needs_no_time_unless_its_guest_dumps)
{
    manager_reports reports;
    BOOST_TEST((reports.look(in(lifecycle::starting), never, start).extension == 30s));
    machine_status status = in(lifecycle::running);
    BOOST_TEST(!reports.look(status, never, start + 10s).extension);
    BOOST_TEST((reports.next_time() == never));
    status.is_dumping = true;
    BOOST_TEST((reports.look(status, never, start + 11s).extension == 30s));
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed_unless_a_silent_qemu_is_to_be_ended)
{
    machine_status const silent = in(lifecycle::running, lifecycle_reason::none, liveness::silent);
    BOOST_TEST(feeds_watchdog(silent, std::nullopt, 24h));
    BOOST_TEST(feeds_watchdog(silent, 5min, 5min));  // it is about to be killed
    BOOST_TEST(!feeds_watchdog(silent, 5min, 5min + 30s));
    BOOST_TEST(feeds_watchdog(in(lifecycle::running, lifecycle_reason::none, liveness::busy), 5min, 24h));
    BOOST_TEST(feeds_watchdog(in(lifecycle::starting, lifecycle_reason::none, liveness::gone), 5min, 24h));
    BOOST_TEST(feeds_watchdog(in(lifecycle::stopping, lifecycle_reason::none, liveness::silent), 5min, 24h));
}

BOOST_AUTO_TEST_SUITE_END()
