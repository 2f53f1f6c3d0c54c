// Migrations between two real QEMUs.
#include "support/real_qemu.hpp"
#include "support/run.hpp"
#include "support/spawned.hpp"

#include <coqmp/migration.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/this_coro.hpp>

#include <signal.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using coqmp::migration;
using coqmp::migration_end;
using coqmp::migration_outcome;
using coqmp::migration_progress;
using coqmp::migration_spec;
using coqmp::migration_state;
using coqmp::session;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> small_pc(bool is_destination)
{
    std::vector<std::string> result{"-M", "pc,accel=tcg", "-m", "32", "-nodefaults", "-display", "none", "-S"};
    if (is_destination)
        result.insert(result.end(), {"-incoming", "defer"});
    return result;
}

/// A guest, and a QEMU that it can move to.
struct pair_of_hosts
{
    explicit pair_of_hosts(asio::any_io_executor executor)
        : source_qemu(small_pc(false)), target_qemu(small_pc(true)), source(executor), target(executor)
    {}

    asio::awaitable<void> begin()
    {
        co_await source.async_connect(source_qemu.monitor());
        co_await target.async_connect(target_qemu.monitor());
    }

    [[nodiscard]] std::string address(char const* name = "migration") const
    {
        return "unix:" + (source_qemu.directory() / name).native();
    }

    /// So slow that it never gets there by itself.
    [[nodiscard]] migration_spec slowly() const { return migration_spec(address()).parameter("max-bandwidth", 20000); }

    real_qemu source_qemu;
    real_qemu target_qemu;
    session source;
    session target;
};

asio::awaitable<migration_end> end_of(migration& subject)
{
    try {
        co_await subject.wait();
    } catch (coqmp::migration_failed const& failure) {
        co_return failure.end();
    }
    co_return migration_end(migration_outcome::completed);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migrations_of_qemu, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(a_guest_moves_and_both_sides_know_it)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    migration there = co_await coqmp::receive_migration(hosts.target, hosts.address());
    migration here = co_await coqmp::start_migration(hosts.source, hosts.address());
    co_await here.wait();
    co_await there.wait();
    auto const progress = here.progress();
    BOOST_TEST(progress.state == migration_state::completed);
    BOOST_TEST(progress.downtime.has_value());
    BOOST_TEST(progress.remaining == 0U);
    BOOST_TEST(progress.total > 32U << 20);
    BOOST_TEST(there.progress().state == migration_state::completed);
}

COROUTINE_TEST_CASE(progress_is_a_stream_that_ends)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    migration there = co_await coqmp::receive_migration(hosts.target, hosts.address());
    migration here = co_await coqmp::start_migration(hosts.source, hosts.address());
    here.progress_interval(1ms);
    migration_state last = migration_state::unknown;
    while (auto const progress = co_await here.next_progress())
        last = progress->state;
    BOOST_TEST(last == migration_state::completed);
}

COROUTINE_TEST_CASE(a_destination_that_does_not_exist_is_the_reason_of_a_failure)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    std::string reason;
    try {
        migration here = co_await coqmp::start_migration(hosts.source, "unix:/nonexistent/socket");
        migration_end const end = co_await end_of(here);
        reason = end.error;
    } catch (coqmp::command_failed const& failure) {  // a QEMU that connects before it replies
        reason = failure.error().description;
    }
    BOOST_TEST(reason.ends_with("No such file or directory"));
}

COROUTINE_TEST_CASE(a_capability_that_does_not_exist_is_refused_before_anything_starts)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    std::string refused;
    migration_spec const wrong = migration_spec(hosts.address()).capability("teleport");
    try {
        migration const never = co_await coqmp::start_migration(hosts.source, wrong);
    } catch (coqmp::command_failed const& failure) {
        refused = failure.command();
    }
    BOOST_TEST(refused == "migrate-set-capabilities");
}

COROUTINE_TEST_CASE(a_migration_is_cancelled_and_the_guest_stays)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    migration there = co_await coqmp::receive_migration(hosts.target, hosts.address());
    migration here = co_await coqmp::start_migration(hosts.source, hosts.slowly());
    auto const reached = co_await here.async_wait_for(migration_state::active);
    BOOST_TEST(reached.state == migration_state::active);
    migration_end const end = co_await here.async_cancel();
    BOOST_TEST(end.outcome == migration_outcome::cancelled);
}

COROUTINE_TEST_CASE(a_cancelled_run_cancels_the_migration)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    migration there = co_await coqmp::receive_migration(hosts.target, hosts.address());
    migration here = co_await coqmp::start_migration(hosts.source, hosts.slowly());
    asio::cancellation_signal button;
    bool is_pressed = false;  // a second cancellation would end run() before the migration
    std::vector<migration_state> seen;
    auto const press = [&](migration_progress const& now) {
        seen.push_back(now.state);
        if (now.state == migration_state::active && !std::exchange(is_pressed, true))
            button.emit(asio::cancellation_type::terminal);
    };
    spawned<void> ran(hosts.source.get_executor(), here.run(press), button.slot());
    std::string const failure = co_await ran.failure();
    BOOST_TEST(failure == "the migration was cancelled");
    BOOST_TEST((seen.back() == migration_state::cancelled));
    BOOST_TEST(here.progress().state == migration_state::cancelled);
}

COROUTINE_TEST_CASE(a_destination_that_is_killed_fails_the_migration)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    migration there = co_await coqmp::receive_migration(hosts.target, hosts.address());
    migration here = co_await coqmp::start_migration(hosts.source, hosts.slowly());
    co_await here.async_wait_for(migration_state::active);
    hosts.target_qemu.signal(SIGKILL);
    migration_end const end = co_await end_of(here);
    BOOST_TEST(end.outcome == migration_outcome::failed);
    BOOST_TEST(!end.error.empty());
    auto const [error, ignored] = co_await there.async_wait(asio::as_tuple(asio::deferred));
    BOOST_TEST((error == coqmp::errc::disconnected));
}

COROUTINE_TEST_CASE(a_migration_waits_before_it_switches_over_if_it_is_asked_to)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    migration_spec const careful = migration_spec(hosts.address()).capability("pause-before-switchover");
    migration there = co_await coqmp::receive_migration(hosts.target, careful);
    migration here = co_await coqmp::start_migration(hosts.source, careful);
    auto const waiting = co_await here.async_wait_for(migration_state::pre_switchover);
    BOOST_TEST(waiting.state == migration_state::pre_switchover);
    co_await here.proceed();
    co_await here.wait();
}

COROUTINE_TEST_CASE(another_session_finds_the_migration)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    migration there = co_await coqmp::receive_migration(hosts.target, hosts.address());
    {
        migration const left_alone = co_await coqmp::start_migration(hosts.source, hosts.slowly());
    }
    migration again = coqmp::attach_migration(hosts.source);
    migration_end const end = co_await again.async_cancel();
    BOOST_TEST(end.outcome == migration_outcome::cancelled);
}

// Needs userfaultfd, which a kernel may deny.
COROUTINE_TEST_CASE(a_migration_in_postcopy_survives_its_connection)
{
    pair_of_hosts hosts(co_await this_coro::executor);
    co_await hosts.begin();
    migration_spec postcopy = migration_spec(hosts.address()).capability("postcopy-ram");
    std::optional<migration> there;
    try {
        there.emplace(co_await coqmp::receive_migration(hosts.target, postcopy));
    } catch (coqmp::command_failed const& refusal) {
        BOOST_TEST_MESSAGE("no postcopy here: " << refusal.what());
        co_return;
    }
    postcopy.parameter("max-bandwidth", 20000).parameter("max-postcopy-bandwidth", 20000);
    co_await hosts.source.execute("cont");
    migration here = co_await coqmp::start_migration(hosts.source, postcopy);
    co_await here.async_wait_for(migration_state::active);
    co_await here.start_postcopy();
    co_await here.async_wait_for(migration_state::postcopy_active);
    // A connection that breaks before the destination has the guest's devices is the end of both.
    for (std::string status = "inmigrate"; status == "inmigrate";) {
        auto const answer = co_await hosts.target.execute("query-status");
        status = answer.at("status").as_string().c_str();
    }
    migration_end const refused = co_await here.async_cancel();
    BOOST_TEST(refused.outcome == migration_outcome::refused);
    co_await here.pause();
    co_await here.async_wait_for(migration_state::postcopy_paused);
    co_await there->async_wait_for(migration_state::postcopy_paused);
    std::string const second = hosts.address("again");
    co_await there->accept_recovery(second);
    co_await hosts.source.execute(coqmp::command("migrate-set-parameters").with("max-postcopy-bandwidth", 0));
    co_await here.recover(second);
    co_await here.wait();
    co_await there->wait();
}

BOOST_AUTO_TEST_SUITE_END()
