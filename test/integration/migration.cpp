// Migrations with a peer that follows a script: what is sent and when, and what each operation completes with.
#include "support/conversation.hpp"
#include "support/simulated_time.hpp"

#include <coqmp/migration.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using coqmp::errc;
using coqmp::migration;
using coqmp::migration_end;
using coqmp::migration_outcome;
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
    conversation test(co_await this_coro::executor);
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
    conversation test(co_await this_coro::executor);
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
    conversation test(co_await this_coro::executor);
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

COROUTINE_TEST_CASE(a_session_that_ends_ends_the_wait)
{
    conversation test(co_await this_coro::executor);
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
    conversation test(co_await this_coro::executor);
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
