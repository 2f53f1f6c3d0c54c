// What the log, the service manager and `coqmpd --status` say about machines.
#include "reports/change_report.hpp"
#include "reports/lost_changes.hpp"
#include "reports/machine_counts.hpp"
#include "reports/reported_changes.hpp"
#include "reports/sentence_source.hpp"
#include "reports/status_table.hpp"

#include <coqmp/unexpected_value.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace coqmpd;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;
using coqmp_daemon::log_priority;

namespace {

coqmp::change change_to(lifecycle state, lifecycle_reason reason, liveness health = liveness::responsive)
{
    coqmp::change result;
    result.machine = "vm";
    result.state = state;
    result.status.state = state;
    result.status.reason = reason;
    result.status.health = health;
    if (reason != lifecycle_reason::none)
        result.reason = to_string(reason);
    return result;
}

std::string text_of(coqmp::change const& what)
{
    return report_of(what).text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_lines_of_changes, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_line_has_the_state_and_its_reason)
{
    BOOST_TEST(text_of(change_to(lifecycle::running, lifecycle_reason::none)) == "running");
    BOOST_TEST(text_of(change_to(lifecycle::failed, lifecycle_reason::panicked, liveness::gone)) == "failed: the guest panicked");
}

BOOST_AUTO_TEST_CASE(a_line_says_what_else_is_wrong)
{
    coqmp::change what = change_to(lifecycle::running, lifecycle_reason::none, liveness::silent);
    what.status.is_dumping = true;
    what.status.is_boot_looping = true;
    BOOST_TEST(text_of(what) == "running; a crash dump is being written; the guest keeps rebooting; QEMU is not answering");
    BOOST_TEST(text_of(change_to(lifecycle::running, lifecycle_reason::none, liveness::busy)) == "running; QEMU is busy");
}

BOOST_AUTO_TEST_CASE(what_needs_an_operator_is_more_important)
{
    BOOST_TEST((report_of(change_to(lifecycle::running, lifecycle_reason::none)).priority == log_priority::notice));
    BOOST_TEST((report_of(change_to(lifecycle::paused, lifecycle_reason::by_client)).priority == log_priority::notice));
    BOOST_TEST((report_of(change_to(lifecycle::paused, lifecycle_reason::no_space)).priority == log_priority::warning));
    BOOST_TEST((report_of(change_to(lifecycle::backing_off, lifecycle_reason::panicked)).priority == log_priority::warning));
    BOOST_TEST((report_of(change_to(lifecycle::given_up, lifecycle_reason::panicked)).priority == log_priority::error));
    BOOST_TEST((report_of(change_to(lifecycle::failed, lifecycle_reason::watchdog)).priority == log_priority::error));
}

BOOST_AUTO_TEST_CASE(a_line_appears_once_until_there_is_another)
{
    reported_changes reported;
    change_report const starting = report_of(change_to(lifecycle::starting, lifecycle_reason::none, liveness::gone));
    change_report const running = report_of(change_to(lifecycle::running, lifecycle_reason::none));
    BOOST_TEST(reported.take("vm", starting));
    BOOST_TEST(!reported.take("vm", report_of(change_to(lifecycle::starting, lifecycle_reason::none))));
    BOOST_TEST(reported.take("other", starting));
    BOOST_TEST(reported.take("vm", running));
    BOOST_TEST(reported.take("vm", starting));
    reported.forget("vm");
    BOOST_TEST(reported.take("vm", starting));
}

BOOST_AUTO_TEST_CASE(a_machine_at_rest_does_not_start_by_itself)
{
    for (lifecycle const each : {lifecycle::defined, lifecycle::stopped, lifecycle::failed, lifecycle::given_up})
        BOOST_TEST(is_at_rest(each));
    for (lifecycle const each :
         {lifecycle::starting, lifecycle::running, lifecycle::paused, lifecycle::stopping, lifecycle::backing_off})
        BOOST_TEST(!is_at_rest(each));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(changes_that_were_lost, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_status_that_was_not_reported_is_a_change)
{
    lost_changes lost;
    coqmp::change const running = change_to(lifecycle::running, lifecycle_reason::none);
    coqmp::change const given_up = change_to(lifecycle::given_up, lifecycle_reason::panicked, liveness::gone);
    lost.take(running);
    BOOST_TEST(!lost.find("vm", running.status).has_value());
    auto const found = lost.find("vm", given_up.status);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->machine == "vm");
    BOOST_TEST((found->state == lifecycle::given_up));
    BOOST_TEST((found->status == given_up.status));
    BOOST_TEST(text_of(*found) == text_of(given_up));
    lost.take(*found);
    BOOST_TEST(!lost.find("vm", given_up.status).has_value());
}

BOOST_AUTO_TEST_CASE(a_machine_that_was_never_reported_has_changed_if_it_is_not_new)
{
    lost_changes lost;
    BOOST_TEST(!lost.find("vm", coqmp::machine_status()).has_value());
    coqmp::change const running = change_to(lifecycle::running, lifecycle_reason::none);
    BOOST_TEST(lost.find("vm", running.status).has_value());
    lost.take(running);
    lost.forget("vm");
    BOOST_TEST(lost.find("vm", running.status).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sentences_of_the_supervisor, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_sentence_begins_with_its_machine)
{
    BOOST_TEST((split_source("vm7: cannot kill QEMU: no") == sourced_sentence{"vm7", "cannot kill QEMU: no"}));
}

BOOST_AUTO_TEST_CASE(another_sentence_has_no_machine)
{
    for (char const* const each : {"the disk is full", "the disk: it is full", ": full", "vm7:full", ""})
        BOOST_TEST((split_source(each) == sourced_sentence{"", each}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(counts_of_machines, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_sentence_counts_each_state)
{
    machine_counts counts;
    BOOST_TEST(counts.sentence() == "no machines");
    counts.take("a", lifecycle::running);
    BOOST_TEST(counts.sentence() == "1 machine: 1 running");
    counts.take("b", lifecycle::given_up);
    counts.take("c", lifecycle::running);
    BOOST_TEST(counts.sentence() == "3 machines: 2 running, 1 given up");
}

BOOST_AUTO_TEST_CASE(a_machine_is_counted_once)
{
    machine_counts counts;
    counts.take("a", lifecycle::starting);
    counts.take("a", lifecycle::running);
    counts.take("a", lifecycle::running);
    BOOST_TEST(counts.sentence() == "1 machine: 1 running");
    counts.forget("a");
    counts.forget("a");
    BOOST_TEST(counts.sentence() == "no machines");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(table_of_machines, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(columns_are_aligned)
{
    auto const machines = boost::json::parse(
        R"([{"name":"web","state":"running","pid":4711},{"name":"build","state":"given-up","description":"the guest panicked"}])");
    BOOST_TEST(status_table(machines) ==
               "NAME   STATE     PID   REASON\n"
               "web    running   4711  -\n"
               "build  given-up  -     the guest panicked\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_followed_is_shown)
{
    auto const machines = boost::json::parse(
        R"([{"name":"a","state":"running","pid":1,"file":"missing"},{"name":"b","state":"given-up","description":"why","file":"refused"}])");
    BOOST_TEST(status_table(machines) ==
               "NAME  STATE     PID  REASON\n"
               "a     running   1    its file is missing\n"
               "b     given-up  -    why; its file is refused\n");
}

BOOST_AUTO_TEST_CASE(without_machines_it_has_only_headings)
{
    BOOST_TEST(status_table(boost::json::parse("[]")) == "NAME  STATE  PID  REASON\n");
}

BOOST_AUTO_TEST_CASE(control_characters_are_escaped)
{
    auto const machines = boost::json::parse(R"([{"name":"\u001b[2J","state":"running"}])");
    BOOST_TEST(status_table(machines).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_answer_is_refused)
{
    for (char const* const each : {"{}", "[1]", R"([{"name":"web"}])"})
        BOOST_CHECK_THROW((void)status_table(boost::json::parse(each)), coqmp::unexpected_value);
}

BOOST_AUTO_TEST_SUITE_END()
