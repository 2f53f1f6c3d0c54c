// Guests that move from one machine of a program to another one, between real QEMUs.
#include <coqmp/machine.hpp>
#include <coqmp/migrate.hpp>
#include <coqmp/migration.hpp>

#include "support/run.hpp"
#include "support/spawned.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace this_coro = boost::asio::this_coro;
using coqmp::command;
using coqmp::errc;
using coqmp::machine;
using coqmp::machine_spec;
using coqmp::migration_failed;
using coqmp::migration_progress;
using coqmp::migration_spec;
using coqmp::migration_state;
using coqmp::run_state;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

template <class... Arguments>
machine_spec small_pc(Arguments... more)
{
    machine_spec spec;
    spec.arguments = {"-M", "pc,accel=tcg", "-m", "32", "-nodefaults", "-display", "none", more...};
    return spec;
}

template <class... Arguments>
machine_spec waiting_pc(Arguments... more)
{
    return small_pc("-incoming", "defer", more...);
}

/// A machine with a guest, and one that it can move to.
struct two_machines
{
    explicit two_machines(asio::any_io_executor executor, machine_spec from = small_pc(), machine_spec to = waiting_pc())
        : source(executor, std::move(from)), destination(executor, std::move(to))
    {}

    asio::awaitable<void> start()
    {
        co_await source.async_start();
        co_await destination.async_start();
    }

    [[nodiscard]] migration_spec where() const { return {"unix:" + (folder.path() / "migration").native()}; }

    /// So slow that it never gets there by itself.
    [[nodiscard]] migration_spec slowly() const { return where().parameter("max-bandwidth", 20000); }

    [[nodiscard]] spawned<void> moving(migration_spec spec)
    {
        return spawned<void>(source.get_executor(), coqmp::migrate(source, destination, std::move(spec)));
    }

    temporary_directory folder;
    machine source;
    machine destination;
};

/// Migrates, and awaits something else. @param seen the state of the destination in between
asio::awaitable<void> migrate_and_go_on(two_machines& machines, std::function<void(migration_progress const&)> on_progress,
                                        run_state& seen)
{
    co_await coqmp::migrate(machines.source, machines.destination, machines.where(), std::move(on_progress));
    seen = machines.destination.state();
    co_await machines.source.async_wait();
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

/// Whether it is refused before anything is sent. @param why the end of the text
asio::awaitable<void> is_refused(machine& source, machine& destination, std::string_view why)
{
    spawned<void> ran(co_await this_coro::executor, coqmp::migrate(source, destination, "unix:/nowhere"));
    std::string const text = co_await ran.failure();
    BOOST_TEST(text.ends_with(why), text);
    BOOST_TEST(ran.thrown<boost::system::system_error>().code() == errc::not_running);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_guest_that_is_migrated, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(runs_at_the_destination)
{
    two_machines machines(co_await this_coro::executor);
    co_await machines.start();
    std::vector<migration_state> seen;
    auto const report = [&seen](migration_progress const& now) { seen.push_back(now.state); };
    co_await coqmp::migrate(machines.source, machines.destination, machines.where(), report);
    BOOST_TEST(machines.destination.state() == run_state::running);
    BOOST_TEST((seen.back() == migration_state::completed));
    co_await coqmp::wait_for_state(machines.source, run_state::postmigrate);
}

COROUTINE_TEST_CASE(stays_paused)
{
    two_machines machines(co_await this_coro::executor);
    co_await machines.start();
    co_await machines.source.session().execute("stop");
    co_await coqmp::migrate(machines.source, machines.destination, machines.where());
    BOOST_TEST(machines.destination.state() == run_state::paused);
}

COROUTINE_TEST_CASE(is_paused_by_a_destination_that_does_not_start_guests)
{
    two_machines machines(co_await this_coro::executor, small_pc(), waiting_pc("-S"));
    co_await machines.start();
    co_await coqmp::migrate(machines.source, machines.destination, machines.where());
    BOOST_TEST(machines.destination.state() == run_state::paused);
}

COROUTINE_TEST_CASE(moves_between_machines_that_are_moved_meanwhile)
{
    two_machines machines(co_await this_coro::executor);
    co_await machines.start();
    spawned<void> ran = machines.moving(machines.where());
    machine const source = std::move(machines.source);
    machine const destination = std::move(machines.destination);
    std::string const failure = co_await ran.failure();
    BOOST_TEST(failure == "");
    BOOST_TEST(destination.state() == run_state::running);
}

COROUTINE_TEST_CASE(goes_on_at_the_source_after_a_cancellation)
{
    two_machines machines(co_await this_coro::executor);
    co_await machines.start();
    asio::cancellation_signal button;
    bool is_pressed = false;  // a second cancellation would not wait for the end
    auto const press = [&](migration_progress const& now) {
        if (now.state == migration_state::active && !std::exchange(is_pressed, true))
            button.emit(asio::cancellation_type::terminal);
    };
    auto moving = coqmp::migrate(machines.source, machines.destination, machines.slowly(), press);
    spawned<void> ran(machines.source.get_executor(), std::move(moving), button.slot());
    std::string const failure = co_await ran.failure();
    BOOST_TEST(failure == "the migration was cancelled");
    BOOST_TEST(ran.thrown<migration_failed>().code() == errc::migration_cancelled);
    auto const report = co_await machines.source.session().execute("query-migrate");
    BOOST_TEST(report.at("status").as_string() == "cancelled");
    BOOST_TEST(machines.source.state() == run_state::running);
}

// The reply to `migrate` is not waited for, and QEMU may have accepted it.
COROUTINE_TEST_CASE(goes_on_at_the_source_after_a_cancellation_of_the_start)
{
    auto const executor = co_await this_coro::executor;
    asio::cancellation_signal button;
    machine_spec watched = small_pc();
    watched.session.trace = [&](coqmp::direction, std::string_view message) {
        if (contains(message, R"("migrate")"))
            asio::post(executor, [&button] { button.emit(asio::cancellation_type::terminal); });
    };
    two_machines machines(executor, std::move(watched));
    co_await machines.start();
    auto moving = coqmp::migrate(machines.source, machines.destination, machines.slowly());
    spawned<void> ran(executor, std::move(moving), button.slot());
    co_await ran.done();
    BOOST_TEST(ran.thrown<boost::system::system_error>().code() == asio::error::operation_aborted);
    coqmp::migration rest = coqmp::attach_migration(machines.source.session());
    auto const end = co_await rest.async_wait();
    BOOST_TEST(end.outcome == coqmp::migration_outcome::cancelled);
}

COROUTINE_TEST_CASE(arrives_if_the_cancellation_comes_too_late)
{
    two_machines machines(co_await this_coro::executor);
    co_await machines.start();
    asio::cancellation_signal button;
    auto const press = [&button](migration_progress const& now) {
        if (now.state == migration_state::completed)
            button.emit(asio::cancellation_type::terminal);
    };
    run_state seen = run_state::unknown;
    spawned<void> ran(machines.source.get_executor(), migrate_and_go_on(machines, press, seen), button.slot());
    co_await ran.done();
    BOOST_TEST(seen == run_state::running);
    BOOST_TEST(ran.thrown<boost::system::system_error>().code() == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_destination_that_fails, *boost::unit_test::timeout(100))

// What it has written before is no reason.
COROUTINE_TEST_CASE(is_quoted)
{
    machine_spec talkative = waiting_pc("-m", "48");
    auto const options = talkative.arguments;
    talkative.program = "/bin/sh";
    talkative.arguments = {"-c", "echo before >&2; exec qemu-system-x86_64 \"$@\"", "script"};
    talkative.arguments.insert(talkative.arguments.end(), options.begin(), options.end());
    two_machines machines(co_await this_coro::executor, small_pc(), std::move(talkative));
    co_await machines.start();
    spawned<void> ran = machines.moving(machines.where());
    std::string const text = co_await ran.failure();
    BOOST_TEST(text.starts_with("the migration failed"), text);
    BOOST_TEST(contains(text, "; the destination said: qemu-system-x86_64: Size mismatch"), text);
    BOOST_TEST(text.ends_with("load of migration failed: Invalid argument"), text);
    BOOST_TEST(ran.thrown<migration_failed>().code() == errc::migration_failed);
    BOOST_TEST(ran.thrown<migration_failed>().destination_error().starts_with("qemu-system-x86_64: Size mismatch"));
    BOOST_TEST(contains(machines.destination.standard_error(), "before"));
    co_await coqmp::wait_for_state(machines.source, run_state::running);
}

// It finds out when the source has sent everything. Without a return path, the source would not take the guest back.
COROUTINE_TEST_CASE(does_not_cost_the_guest_however_late_it_fails)
{
    two_machines machines(co_await this_coro::executor, small_pc("-device", "ib700"));
    co_await machines.start();
    spawned<void> ran = machines.moving(machines.where());
    std::string const text = co_await ran.failure();
    BOOST_TEST(contains(text, "ib700"), text);
    co_await coqmp::wait_for_state(machines.source, run_state::running);
}

// The destination is stopped while the source completes; otherwise it may end so early that the source takes the guest back.
COROUTINE_TEST_CASE(is_noticed_without_a_return_path)
{
    two_machines machines(co_await this_coro::executor, small_pc("-device", "ib700"));
    co_await machines.start();
    bool is_stopped = false;
    auto const stop_the_reader = [&](migration_progress const& now) {
        if (now.state == migration_state::pre_switchover && !std::exchange(is_stopped, true)) {
            BOOST_TEST_REQUIRE(::kill(machines.destination.pid(), SIGSTOP) == 0);
            command proceed = command("migrate-continue").with("state", "pre-switchover");
            machines.source.session().async_execute(std::move(proceed), asio::detached);
        }
        if (now.state == migration_state::completed)
            BOOST_TEST_REQUIRE(::kill(machines.destination.pid(), SIGCONT) == 0);
    };
    migration_spec const where = machines.where().capability("return-path", false).capability("pause-before-switchover");
    spawned<void> ran(machines.source.get_executor(),
                      coqmp::migrate(machines.source, machines.destination, where, stop_the_reader));
    std::string const text = co_await ran.failure();
    BOOST_TEST(is_stopped);
    BOOST_TEST(contains(text, "ib700"), text);
    BOOST_TEST(ran.thrown<migration_failed>().code() == errc::migration_failed);
    auto const answer = co_await machines.source.session().execute("query-status");
    BOOST_TEST(answer.at("status").as_string() == "postmigrate");
}

COROUTINE_TEST_CASE(is_not_quoted_if_it_says_nothing)
{
    two_machines machines(co_await this_coro::executor);
    co_await machines.start();
    auto const kill = [&machines](migration_progress const& now) {
        if (now.state == migration_state::active)
            machines.destination.kill();
    };
    auto moving = coqmp::migrate(machines.source, machines.destination, machines.slowly(), kill);
    spawned<void> ran(machines.source.get_executor(), std::move(moving));
    std::string const text = co_await ran.failure();
    BOOST_TEST(text.starts_with("the migration failed"), text);
    BOOST_TEST(!contains(text, "the destination said"), text);
    co_await coqmp::wait_for_state(machines.source, run_state::running);
}

COROUTINE_TEST_CASE(is_refused_by_qemu_if_it_does_not_wait_for_a_guest)
{
    two_machines machines(co_await this_coro::executor, small_pc(), small_pc());
    co_await machines.start();
    spawned<void> ran = machines.moving(machines.where());
    co_await ran.done();
    auto const& refusal = ran.thrown<coqmp::command_failed>();
    BOOST_TEST(refusal.command() == "migrate-incoming");
    BOOST_TEST(contains(refusal.error().description, "'-incoming' was not specified"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_migration_that_makes_no_sense, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(needs_two_machines_that_run)
{
    auto const executor = co_await this_coro::executor;
    machine running(executor, waiting_pc());
    machine idle(executor, small_pc());
    co_await running.async_start();
    co_await is_refused(running, idle, "the destination was not started");
    co_await is_refused(idle, running, "the source was not started");
    machine ended(executor, small_pc());
    co_await ended.async_start();
    co_await ended.async_shutdown(-1s);
    co_await is_refused(running, ended, "the destination has ended");
    machine const moved = std::move(idle);
    co_await is_refused(idle, running, "the source was moved from");  // NOLINT(bugprone-use-after-move): that is the test
}

COROUTINE_TEST_CASE(needs_two_different_machines)
{
    machine only(co_await this_coro::executor, waiting_pc());
    co_await only.async_start();
    spawned<void> ran(only.get_executor(), coqmp::migrate(only, only, "unix:/nowhere"));
    co_await ran.done();
    BOOST_TEST(ran.thrown<std::invalid_argument>().what() ==
               std::string("cannot migrate the guest: source and destination are the same machine"));
}

BOOST_AUTO_TEST_SUITE_END()
