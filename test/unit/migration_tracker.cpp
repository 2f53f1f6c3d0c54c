// The rules of following a migration, without a socket and a clock.
#include "migration/migration_tracker.hpp"

#include <coqmp/error.hpp>
#include <coqmp/migration_failed.hpp>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
using coqmp::event;
using coqmp::migration_end;
using coqmp::migration_outcome;
using coqmp::migration_state;
using coqmp::reply;
using coqmp::detail::migration_tracker;
using coqmp::detail::rate_estimate;

namespace {

event status(std::string_view name)
{
    event result;
    result.name = "MIGRATION";
    result.data = {{"status", name}};
    return result;
}

void take_states(migration_tracker& tracker, std::vector<std::string> const& states)
{
    for (std::string const& each : states)
        tracker.take(status(each));
}

reply report(std::string_view name, std::string_view error = {})
{
    json::object what{{"status", name}, {"total-time", 500}};
    if (!error.empty())
        what["error-desc"] = error;
    if (name == "completed")
        what["downtime"] = 12;
    what["ram"] = json::object{{"total", 1000}, {"remaining", 400}, {"transferred", 77}, {"dirty-sync-count", 2}};
    return reply(json::value(std::move(what)));
}

reply done()
{
    return reply(json::value(json::object()));
}

reply refusal(std::string_view description)
{
    return reply(coqmp::command_error{"GenericError", std::string(description)});
}

std::string next_of(migration_tracker& tracker)
{
    auto const what = tracker.next();
    return what ? what->name() : std::string();
}

migration_tracker active_one()
{
    migration_tracker tracker;
    take_states(tracker, {"setup"});
    tracker.started();
    take_states(tracker, {"active"});
    BOOST_TEST(next_of(tracker) == "");
    return tracker;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migration_tracker_rules)

BOOST_AUTO_TEST_CASE(a_migration_that_completes_has_its_downtime)
{
    migration_tracker tracker = active_one();
    take_states(tracker, {"device", "completed"});
    BOOST_TEST(!tracker.end().has_value());
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("completed"));
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::completed)));
    auto const progress = tracker.known().progress(rate_estimate());
    BOOST_TEST(progress.downtime->count() == 12);
    BOOST_TEST(progress.total_time.count() == 500);
    BOOST_TEST(progress.remaining == 400U);
    BOOST_TEST(progress.passes == 2U);
}

BOOST_AUTO_TEST_CASE(the_last_state_is_visible_only_with_what_qemu_says_about_the_end)
{
    migration_tracker tracker = active_one();
    take_states(tracker, {"completed"});
    BOOST_TEST((tracker.known().progress(rate_estimate()).state == migration_state::active));
    BOOST_TEST(!tracker.has_reached(migration_state::completed));
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("completed"));
    BOOST_TEST((tracker.known().progress(rate_estimate()).state == migration_state::completed));
    BOOST_TEST(tracker.has_reached(migration_state::completed));
}

BOOST_AUTO_TEST_CASE(the_outcome_survives_a_session_that_ends_after_the_last_event)
{
    migration_tracker tracker = active_one();
    tracker.disconnected();
    BOOST_TEST(!tracker.end().has_value());
    take_states(tracker, {"failed"});
    tracker.disconnected();
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::failed)));
}

BOOST_AUTO_TEST_CASE(pages_of_zeros_count_as_progress)
{
    auto const at = [](int second) { return rate_estimate::time_point(std::chrono::seconds(second)); };
    migration_tracker tracker = active_one();
    rate_estimate rate;
    for (int second = 1; second <= 2; ++second) {
        json::object const memory{{"total", 40960},
                                  {"remaining", 40960 - 8192 * second},
                                  {"transferred", 9 * second},
                                  {"normal", 0},
                                  {"duplicate", 2 * second},
                                  {"page-size", 4096}};
        tracker.look();
        BOOST_TEST(next_of(tracker) == "query-migrate");
        tracker.answer(reply(json::value(json::object{{"status", "active"}, {"ram", memory}})));
        rate.sample(at(second), tracker.known().measured());
    }
    auto const progress = tracker.known().progress(rate);
    BOOST_TEST(*progress.rate == 8192.0);
    BOOST_TEST((*progress.time_left == std::chrono::seconds(3)));
    std::ostringstream printed;
    printed << progress;
    BOOST_TEST(printed.str() == "active, 24576 of 40960 bytes remain, 18 sent, pass 0, 8192 bytes/s, 3 s left");
}

BOOST_AUTO_TEST_CASE(a_pass_over_the_memory_is_not_news)
{
    migration_tracker tracker = active_one();
    auto const before = tracker.known().progress(rate_estimate());
    event pass;
    pass.name = "MIGRATION_PASS";
    pass.data = {{"pass", 7}};
    tracker.take(pass);
    auto const now = tracker.known().progress(rate_estimate());
    BOOST_TEST(now.passes == 7U);
    BOOST_TEST(!tracker.known().is_news(before, now));
    take_states(tracker, {"device"});
    BOOST_TEST(tracker.known().is_news(now, tracker.known().progress(rate_estimate())));
}

BOOST_AUTO_TEST_CASE(numbers_reported_during_setup_are_ignored)
{
    migration_tracker tracker;
    take_states(tracker, {"setup"});
    tracker.started(false);
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("setup"));
    BOOST_TEST(tracker.known().progress(rate_estimate()).total == 0U);
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_has_the_reason_of_qemu)
{
    migration_tracker tracker = active_one();
    take_states(tracker, {"failed"});
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("failed", "Broken pipe"));
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::failed, "Broken pipe")));
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_before_the_reply_to_its_command_has_failed)
{
    migration_tracker tracker;
    take_states(tracker, {"setup", "failed"});
    BOOST_TEST(next_of(tracker) == "");
    tracker.started();
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("failed", "No such file"));
    BOOST_TEST(tracker.end()->error == "No such file");
}

BOOST_AUTO_TEST_CASE(events_of_an_earlier_migration_do_not_count)
{
    migration_tracker tracker;
    take_states(tracker, {"failed", "setup"});
    tracker.started();
    BOOST_TEST(next_of(tracker) == "");
    BOOST_TEST(tracker.known().state() == migration_state::setup);
}

BOOST_AUTO_TEST_CASE(without_events_qemu_is_asked_often)
{
    migration_tracker tracker;
    tracker.started();
    BOOST_TEST((tracker.longest_silence() < std::chrono::seconds(1)));
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("active"));
    BOOST_TEST(tracker.known().state() == migration_state::active);
    tracker.look();
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("completed"));
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::completed)));
    BOOST_TEST((active_one().longest_silence() > std::chrono::seconds(1)));
}

BOOST_AUTO_TEST_CASE(a_refused_start_is_no_migration)
{
    migration_tracker tracker;
    tracker.not_started("migrate: no");
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::refused, "migrate: no")));
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(lost_events_are_replaced_by_a_report)
{
    migration_tracker tracker = active_one();
    event lossy = status("active");
    lossy.lost_before = 1;
    tracker.take(lossy);
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("completed"));
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::completed)));
}

BOOST_AUTO_TEST_CASE(a_report_that_events_have_overtaken_does_not_change_the_state)
{
    migration_tracker tracker = active_one();
    tracker.look();
    BOOST_TEST(next_of(tracker) == "query-migrate");
    take_states(tracker, {"failed"});
    tracker.answer(report("active"));
    BOOST_TEST(tracker.known().state() == migration_state::failed);
    BOOST_TEST(next_of(tracker) == "query-migrate");
}

BOOST_AUTO_TEST_CASE(a_cancelled_migration_has_ended_when_qemu_says_so)
{
    migration_tracker tracker = active_one();
    tracker.cancel();
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("active"));
    BOOST_TEST(next_of(tracker) == "migrate_cancel");
    tracker.answer(done());
    BOOST_TEST(next_of(tracker) == "");
    take_states(tracker, {"cancelling"});
    BOOST_TEST(!tracker.end().has_value());
    take_states(tracker, {"cancelled"});
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::cancelled)));
}

BOOST_AUTO_TEST_CASE(a_migration_in_postcopy_is_never_cancelled)
{
    for (char const* const state : {"postcopy-active", "postcopy-paused", "postcopy-recover", "postcopy-recover-setup"}) {
        migration_tracker tracker = active_one();
        tracker.cancel();
        BOOST_TEST(next_of(tracker) == "query-migrate");
        tracker.answer(report(state));
        BOOST_TEST(next_of(tracker) == "");
        auto const refused = tracker.take_refusal();
        BOOST_REQUIRE(refused.has_value());
        BOOST_TEST(refused->outcome == migration_outcome::refused);
        BOOST_TEST(!tracker.end().has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_refused_cancellation_is_reported_and_not_repeated)
{
    migration_tracker tracker = active_one();
    tracker.cancel();
    (void)tracker.next();
    tracker.answer(report("active"));
    BOOST_TEST(next_of(tracker) == "migrate_cancel");
    tracker.answer(refusal("no"));
    BOOST_TEST((*tracker.take_refusal() == migration_end(migration_outcome::refused, "migrate_cancel: no")));
    BOOST_TEST(next_of(tracker) == "");
}

BOOST_AUTO_TEST_CASE(a_cancellation_without_a_reply_is_repeated_at_the_next_look)
{
    migration_tracker tracker = active_one();
    tracker.cancel();
    (void)tracker.next();
    tracker.answer(report("active"));
    BOOST_TEST(next_of(tracker) == "migrate_cancel");
    tracker.unanswered();
    BOOST_TEST(next_of(tracker) == "");
    tracker.look();
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("active"));
    BOOST_TEST(next_of(tracker) == "migrate_cancel");
}

BOOST_AUTO_TEST_CASE(an_outcome_is_not_taken_back_by_the_next_migration)
{
    migration_tracker tracker = active_one();
    take_states(tracker, {"failed"});
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("setup"));
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::failed)));
}

BOOST_AUTO_TEST_CASE(where_qemu_refuses_to_report_the_events_are_enough)
{
    migration_tracker good = active_one();
    take_states(good, {"completed"});
    (void)good.next();
    good.answer(refusal("forbidden"));
    BOOST_TEST((*good.end() == migration_end(migration_outcome::completed)));
    migration_tracker bad = active_one();
    take_states(bad, {"failed"});
    (void)bad.next();
    bad.answer(refusal("forbidden"));
    BOOST_TEST((*bad.end() == migration_end(migration_outcome::failed)));
}

BOOST_AUTO_TEST_CASE(a_destination_that_waits_reports_no_state)
{
    migration_tracker tracker;
    take_states(tracker, {"setup"});
    tracker.started();
    tracker.look();
    (void)tracker.next();
    tracker.answer(reply(json::value(json::object{{"socket-address", json::array()}})));
    BOOST_TEST(tracker.known().state() == migration_state::setup);
    BOOST_TEST(!tracker.end().has_value());
    take_states(tracker, {"active", "completed"});
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("completed"));
    BOOST_TEST(tracker.end().has_value());
}

BOOST_AUTO_TEST_CASE(a_migration_that_ended_long_ago_is_reported)
{
    migration_tracker tracker;
    tracker.attached();
    BOOST_TEST(next_of(tracker) == "query-migrate");
    tracker.answer(report("failed", "why"));
    BOOST_TEST((*tracker.end() == migration_end(migration_outcome::failed, "why")));
}

BOOST_AUTO_TEST_CASE(every_state_that_qemu_passes_through_is_followed)
{
    migration_tracker tracker = active_one();
    for (char const* const each : {"pre-switchover", "device", "wait-unplug", "postcopy-active", "postcopy-paused",
                                   "postcopy-recover", "postcopy-active", "colo"}) {
        tracker.take(status(each));
        BOOST_TEST(coqmp::to_string(tracker.known().state()) == each);
        BOOST_TEST(tracker.has_reached(coqmp::migration_state_named(each)));
        BOOST_TEST(!tracker.end().has_value());
    }
    tracker.take(status("levitating"));
    BOOST_TEST(tracker.known().state() == migration_state::unknown);
}

BOOST_AUTO_TEST_CASE(a_failure_says_why)
{
    coqmp::migration_failed const failure(migration_end(migration_outcome::failed, "Broken\x1b pipe"));
    BOOST_TEST(failure.what() == "the migration failed: Broken\\x1b pipe");
    BOOST_TEST((failure.code() == coqmp::errc::migration_failed));
    coqmp::migration_failed const cancelled{migration_end(migration_outcome::cancelled)};
    BOOST_TEST((cancelled.code() == coqmp::errc::migration_cancelled));
}

BOOST_AUTO_TEST_CASE(migration_progress_prints_as_one_line)
{
    coqmp::migration_progress progress;
    progress.state = migration_state::active;
    progress.total = 10;
    progress.remaining = 4;
    progress.passes = 1;
    progress.rate = 3.0;
    progress.expected_downtime = std::chrono::milliseconds(300);
    std::ostringstream out;
    out << progress;
    BOOST_TEST(out.str() == "active, 4 of 10 bytes remain, 0 sent, pass 1, 3 bytes/s, expected downtime 300 ms");
}

BOOST_AUTO_TEST_SUITE_END()
