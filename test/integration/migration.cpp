// Migrations with a peer that follows a script: what is sent and when, and what each operation completes with.
#include "support/conversation.hpp"
#include "support/simulated_time.hpp"
#include "support/spawned.hpp"

#include <coqmp/migration.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using coqmp::errc;
using coqmp::migration;
using coqmp::migration_end;
using coqmp::migration_outcome;
using coqmp::migration_progress;
using coqmp::migration_spec;
using coqmp::migration_state;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

void tell(fake_peer& peer, std::string_view status)
{
    peer.event("MIGRATION", {{"status", status}});
}

json::object report(std::string_view status)
{
    json::object result{{"status", status}};
    if (status == "completed")
        result["downtime"] = 7;
    if (status == "failed")
        result["error-desc"] = "why";
    return result;
}

/// Answers what a start sends.
asio::awaitable<void> serve_start(fake_peer& peer)
{
    auto const events = co_await peer.receive();
    BOOST_TEST(events.name == "migrate-set-capabilities");
    BOOST_TEST(events.text.find(R"("events")") != std::string::npos);
    peer.answer(events.id);
    auto const capabilities = co_await peer.receive();
    BOOST_TEST(capabilities.name == "migrate-set-capabilities");
    BOOST_TEST(capabilities.text.find(R"("postcopy-ram")") != std::string::npos);
    peer.answer(capabilities.id);
    auto const parameters = co_await peer.receive();
    BOOST_TEST(parameters.name == "migrate-set-parameters");
    BOOST_TEST(parameters.arguments.at("max-bandwidth").as_int64() == 1000);
    peer.answer(parameters.id);
    auto const start = co_await peer.receive();
    BOOST_TEST(start.name == "migrate");
    BOOST_TEST(start.arguments.at("uri").as_string() == "unix:/there");
    tell(peer, "setup");
    peer.answer(start.id);
    tell(peer, "active");
}

migration_spec const where = migration_spec("unix:/there").capability("postcopy-ram").parameter("max-bandwidth", 1000);

completion<migration_end> run_of(migration& subject)
{
    completion<migration_end> result(subject.get_executor());
    subject.async_run(result.token());
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migration_with_a_peer, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(capabilities_and_parameters_are_set_before_the_start)
{
    conversation test(without_time(co_await this_coro::executor));
    co_await test.begin();
    asio::co_spawn(test.client.get_executor(), serve_start(test.peer), asio::detached);
    migration subject = co_await coqmp::start_migration(test.client, where);
    auto const ran = run_of(subject);
    tell(test.peer, "completed");
    co_await test.peer.serve("query-migrate", report("completed"));
    error_code const error = co_await ran.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST((ran.value() == migration_end(migration_outcome::completed)));
    BOOST_TEST(subject.progress().downtime->count() == 7);
}

COROUTINE_TEST_CASE(a_cancelled_run_cancels_the_migration_and_waits_for_its_end)
{
    conversation test(without_time(co_await this_coro::executor));
    co_await test.begin();
    asio::co_spawn(test.client.get_executor(), serve_start(test.peer), asio::detached);
    migration subject = co_await coqmp::start_migration(test.client, where);
    completion<migration_end> ran(test.client.get_executor());
    asio::cancellation_signal cancel;
    subject.async_run(asio::bind_cancellation_slot(cancel.slot(), ran.token()));
    cancel.emit(asio::cancellation_type::terminal);
    co_await test.peer.serve("query-migrate", report("active"));
    co_await test.peer.serve("migrate_cancel");
    tell(test.peer, "cancelling");
    tell(test.peer, "cancelled");
    error_code const error = co_await ran.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    BOOST_TEST((ran.value() == migration_end(migration_outcome::cancelled)));
}

COROUTINE_TEST_CASE(a_cancelled_run_leaves_a_migration_in_postcopy_alone)
{
    conversation test(without_time(co_await this_coro::executor));
    co_await test.begin();
    asio::co_spawn(test.client.get_executor(), serve_start(test.peer), asio::detached);
    migration subject = co_await coqmp::start_migration(test.client, where);
    completion<migration_end> ran(test.client.get_executor());
    asio::cancellation_signal cancel;
    subject.async_run(asio::bind_cancellation_slot(cancel.slot(), ran.token()));
    cancel.emit(asio::cancellation_type::terminal);
    co_await test.peer.serve("query-migrate", report("postcopy-active"));
    error_code const error = co_await ran.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    BOOST_TEST(ran.value().outcome == migration_outcome::refused);
}

namespace {

/// A migration, and what a run of it reports.
struct reported_migration : conversation
{
    explicit reported_migration(asio::any_io_executor executor) : conversation(without_time(executor)) {}

    asio::awaitable<void> start_and_run()
    {
        co_await begin();
        asio::co_spawn(client.get_executor(), serve_start(peer), asio::detached);
        subject.emplace(co_await coqmp::start_migration(client, where));
        auto const note = [this](migration_progress const& now) {
            seen.push_back(now.state);
            if (throws)
                throw std::runtime_error("no more");
        };
        ran.emplace(client.get_executor(), subject->run(note), stop.slot());
        while (seen.empty() || seen.back() != migration_state::active)
            co_await asio::post(client.get_executor(), asio::deferred);
    }

    /// The exception with which the run ended; empty: none.
    asio::awaitable<std::string> failure() { return ran->failure(); }

    std::optional<migration> subject;
    std::vector<migration_state> seen;
    bool throws = false;
    asio::cancellation_signal stop;
    std::optional<spawned<void>> ran;
};

}  // namespace

COROUTINE_TEST_CASE(a_run_reports_each_state_and_the_end_once)
{
    reported_migration test(co_await this_coro::executor);
    co_await test.start_and_run();
    tell(test.peer, "device");
    tell(test.peer, "completed");
    auto const question = co_await test.peer.expect("query-migrate");
    BOOST_TEST((test.subject->progress().state == migration_state::device));  // the end is not known yet
    test.peer.answer(question, report("completed"));
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "");
    std::vector<migration_state> const expected{migration_state::active, migration_state::device, migration_state::completed};
    test.seen.erase(test.seen.begin(), std::find(test.seen.begin(), test.seen.end(), migration_state::active));
    BOOST_TEST((test.seen == expected));
}

COROUTINE_TEST_CASE(a_cancelled_run_reports_until_the_migration_is_cancelled)
{
    reported_migration test(co_await this_coro::executor);
    co_await test.start_and_run();
    test.stop.emit(asio::cancellation_type::terminal);
    co_await test.peer.serve("query-migrate", report("active"));
    co_await test.peer.serve("migrate_cancel");
    tell(test.peer, "cancelled");
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "the migration was cancelled");
    BOOST_TEST((test.seen.back() == migration_state::cancelled));
}

COROUTINE_TEST_CASE(a_cancelled_run_returns_if_the_migration_completes_anyway)
{
    reported_migration test(co_await this_coro::executor);
    co_await test.start_and_run();
    test.stop.emit(asio::cancellation_type::terminal);
    auto const question = co_await test.peer.expect("query-migrate");
    tell(test.peer, "completed");
    test.peer.answer(question, report("active"));
    co_await test.peer.serve("query-migrate", report("completed"));
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "");
    BOOST_TEST((test.seen.back() == migration_state::completed));
}

COROUTINE_TEST_CASE(a_function_that_throws_cancels_the_migration)
{
    reported_migration test(co_await this_coro::executor);
    test.throws = true;
    co_await test.start_and_run();
    co_await test.peer.serve("query-migrate", report("active"));
    co_await test.peer.serve("migrate_cancel");
    tell(test.peer, "cancelled");
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "no more");
    BOOST_TEST((test.seen.back() == migration_state::active));
}

COROUTINE_TEST_CASE(a_run_that_fails_throws_the_reason_and_reports_the_failure)
{
    reported_migration test(co_await this_coro::executor);
    co_await test.start_and_run();
    tell(test.peer, "failed");
    co_await test.peer.serve("query-migrate", report("failed"));
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure.find("why") != std::string::npos, failure);
    BOOST_TEST((test.seen.back() == migration_state::failed));
}

COROUTINE_TEST_CASE(the_outcome_survives_a_session_that_ends_after_the_migration)
{
    reported_migration test(co_await this_coro::executor);
    co_await test.start_and_run();
    tell(test.peer, "completed");
    co_await test.peer.expect("query-migrate");
    test.peer.close();
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "");
    BOOST_TEST((test.seen.back() == migration_state::completed));
}

COROUTINE_TEST_CASE(a_session_that_ends_ends_the_wait)
{
    conversation test(without_time(co_await this_coro::executor));
    co_await test.begin();
    asio::co_spawn(test.client.get_executor(), serve_start(test.peer), asio::detached);
    migration subject = co_await coqmp::start_migration(test.client, where);
    auto const ran = run_of(subject);
    test.peer.close();
    error_code const error = co_await ran.done();
    BOOST_TEST((error == errc::disconnected));
}

COROUTINE_TEST_CASE(a_session_that_was_moved_from_starts_no_migration)
{
    conversation test(without_time(co_await this_coro::executor));
    coqmp::session const moved = std::move(test.client);
    error_code caught;
    try {
        migration const never = co_await coqmp::start_migration(test.client, where);
    } catch (boost::system::system_error const& failure) {
        caught = failure.code();
    }
    BOOST_TEST((caught == errc::disconnected));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(migration_and_time, *boost::unit_test::timeout(100))

namespace {

asio::awaitable<void> wait_without_events(simulated_time& clock)
{
    conversation test(co_await this_coro::executor);
    co_await test.begin();
    asio::co_spawn(
        test.client.get_executor(),
        [](fake_peer& peer) -> asio::awaitable<void> {
            auto const events = co_await peer.expect("migrate-set-capabilities");
            peer.refuse(events, "GenericError", "Parameter 'capability' does not accept value 'events'");
            co_await peer.serve("migrate");
            co_await peer.serve("query-migrate", report("active"));
        }(test.peer),
        asio::detached);
    migration subject = co_await coqmp::start_migration(test.client, "unix:/there");
    auto const ran = run_of(subject);
    auto const reached = co_await subject.async_wait_for(migration_state::active);
    BOOST_TEST(reached.state == migration_state::active);
    for (char const* const state : {"active", "failed"}) {
        clock.advance(250ms);
        co_await test.peer.serve("query-migrate", report(state));
    }
    co_await ran.done();
    BOOST_TEST((ran.value() == migration_end(migration_outcome::failed, "why")));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_qemu_that_sends_no_events_is_asked_again_and_again)
{
    asio::io_context context(1);
    auto& clock = asio::make_service<simulated_time>(context);
    bool ended = false;
    asio::co_spawn(context, wait_without_events(clock), [&ended](std::exception_ptr failure) {
        ended = true;
        if (failure)
            std::rethrow_exception(failure);
    });
    context.run_for(time_limit);
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_SUITE_END()
