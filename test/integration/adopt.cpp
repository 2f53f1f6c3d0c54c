// Machines that outlive the program that launched them.
#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/spawned.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::exit_status;
using coqmp::listener;
using coqmp::machine;
using coqmp::machine_record;
using coqmp::machine_spec;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

template <class... Arguments>
machine_spec lasting_qemu(Arguments... more)
{
    machine_spec spec = bare_qemu(more...);
    spec.outlives_us = true;
    return spec;
}

/// The end of a process that is not our child can be waited for, too.
void await_end_of(::pid_t process)
{
    coqmp::descriptor const watcher(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    ::pollfd waiting{watcher.number(), POLLIN, 0};
    while (watcher.number() >= 0 && ::poll(&waiting, 1, -1) < 0)
        continue;
}

bool lives(::pid_t process)
{
    coqmp::descriptor const watcher(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    ::pollfd waiting{watcher.number(), POLLIN, 0};
    return watcher.number() >= 0 && ::poll(&waiting, 1, 0) == 0;
}

/// A socket for one machine. A QEMU that a test has released is killed at the end.
struct fixture
{
    temporary_directory folder;
    endpoint const address = endpoint::unix_socket(folder.path() / "monitor");
    std::optional<machine_record> left;

    fixture() = default;
    fixture(fixture const&) = delete;
    fixture& operator=(fixture const&) = delete;
    ~fixture()
    {
        if (left && lives(left->process))
            ::kill(left->process, SIGKILL);
        if (left)
            await_end_of(left->process);
    }

    /// Launches a QEMU and releases it.
    asio::awaitable<machine_record> leave()
    {
        auto const executor = co_await asio::this_coro::executor;
        listener on(executor, address);
        machine subject(executor, lasting_qemu());
        co_await subject.async_start(on);
        left = subject.release();
        co_return *left;
    }

    asio::awaitable<void> leave_and_keep() { co_await leave(); }

    asio::awaitable<void> adopt_and_release(listener& on)
    {
        machine adopted = co_await machine::adopt(on, *left);
        adopted.release();
    }
};

/// Why a machine cannot be released; empty if it can.
std::string objection(machine const& subject)
{
    try {
        static_cast<void>(subject.record());
    } catch (system_error const& error) {
        BOOST_TEST((error.code() == errc::cannot_release));
        return error.what();
    }
    return {};
}

using machine_pointer = std::shared_ptr<machine>;

/// co_spawn() wants a result with a default constructor.
asio::awaitable<machine_pointer> adopt(listener& on, machine_record record, coqmp::session_options options = {})
{
    co_return std::make_shared<machine>(co_await machine::adopt(on, std::move(record), std::move(options)));
}

asio::awaitable<error_code> refusal(machine_spec spec, listener* on)
{
    machine subject(co_await asio::this_coro::executor, std::move(spec));
    coqmp::start_diagnostics why;
    error_code result;
    if (on) {
        auto const [error] = co_await subject.async_start(*on, why, asio::as_tuple(asio::deferred));
        result = error;
    } else {
        auto const [error] = co_await subject.async_start(why, asio::as_tuple(asio::deferred));
        result = error;
    }
    BOOST_TEST(why.message().starts_with("cannot start a machine that outlives this program: "), why.message());
    co_return result;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_machine_that_is_released, fixture, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(lives_on_and_is_adopted)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    machine_record const record = co_await self.leave();
    BOOST_TEST(lives(record.process));
    listener on(executor, endpoint::unix_socket(record.monitor));
    machine adopted = co_await machine::adopt(on, record);
    BOOST_TEST(adopted.pid() == record.process);
    auto const status = co_await adopted.session().execute("query-status");
    BOOST_TEST(status.at("status").as_string() == "prelaunch");
    BOOST_TEST((adopted.record() == record));
    co_await adopted.async_shutdown(10s);
    BOOST_REQUIRE(adopted.end().has_value());
    BOOST_TEST(adopted.end()->reason == coqmp::end_reason::requested);
    BOOST_TEST(adopted.end()->shutdown_cause == "host-qmp-quit");
    await_end_of(record.process);
}

COROUTINE_TEST_CASE(ends_its_waits_and_its_session_and_forgets_its_process)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    listener on(executor, self.address);
    machine subject(executor, lasting_qemu());
    co_await subject.async_start(on);
    completion<exit_status> wait(executor);
    subject.async_wait(wait.token());
    coqmp::event_stream events = subject.session().subscribe();
    self.left = subject.release();
    BOOST_TEST((co_await wait.done() == asio::error::operation_aborted));
    BOOST_TEST(!co_await events.next());
    BOOST_TEST(subject.pid() == -1);
    subject.kill();
    BOOST_TEST(objection(subject).find("already been released") != std::string::npos);
    BOOST_TEST(lives(self.left->process));
}

COROUTINE_TEST_CASE(can_be_released_and_adopted_again_and_again)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    machine_record record = co_await self.leave();
    listener on(executor, self.address);
    for (int round = 0; round < 3; ++round) {
        machine adopted = co_await machine::adopt(on, record);
        machine_record const again = adopted.release();
        BOOST_TEST((again == record));
    }
    BOOST_TEST(lives(record.process));
}

BOOST_AUTO_TEST_CASE(survives_the_end_of_its_context)
{
    {
        asio::io_context context(1);
        bool is_done = false;
        asio::co_spawn(context, leave(), [&](auto...) { is_done = true; });
        while (!is_done)
            context.run_one();
    }
    BOOST_REQUIRE(left.has_value());
    BOOST_TEST(lives(left->process));
}

COROUTINE_TEST_CASE(may_go_to_the_background_itself)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    listener on(executor, self.address);
    {
        machine subject(executor, lasting_qemu("-daemonize"));
        co_await subject.async_start(on);
        self.left = subject.release();
    }
    machine adopted = co_await machine::adopt(on, *self.left);
    co_await adopted.async_shutdown(10s);
    await_end_of(self.left->process);

    machine killed(executor, lasting_qemu("-daemonize"));
    co_await killed.async_start(on);
    ::pid_t const process = killed.pid();
    killed.kill();
    co_await killed.async_wait();
    BOOST_TEST(!lives(process));
}

COROUTINE_TEST_CASE(may_go_to_the_background_and_fail)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    listener on(executor, self.address);
    machine_spec spec = lasting_qemu("-daemonize", "-device", "no-such-device");
    spec.standard_error = coqmp::output_target::file(self.folder.path() / "errors");
    machine subject(executor, spec);
    coqmp::start_diagnostics why;
    auto const [error] = co_await subject.async_start(on, why, asio::as_tuple(asio::deferred));
    BOOST_TEST((error == errc::machine_exited));
    BOOST_TEST(why.message().find("no-such-device") != std::string::npos, why.message());
}

COROUTINE_TEST_CASE(that_goes_to_the_background_and_never_connects_ends_all_waits)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    listener on(executor, self.address);
    machine_spec spec = script("exit 0");
    spec.arguments.emplace_back("-daemonize");
    spec.outlives_us = true;
    machine subject(executor, spec);
    coqmp::start_diagnostics why;
    completion<> start(executor);
    completion<exit_status> wait(executor);
    subject.async_start(on, why, start.token());
    subject.async_wait(wait.token());
    subject.kill();
    on.close();
    BOOST_TEST(!!co_await start.done());
    BOOST_TEST((co_await wait.done() == errc::not_running || !wait.error()));
    auto const [later, status] = co_await subject.async_wait(asio::as_tuple(asio::deferred));
    BOOST_TEST((later == wait.error()));
}

// A process that connects and is older than the one that was launched is not its daemon.
COROUTINE_TEST_CASE(that_goes_to_the_background_is_not_mistaken_for_another_process)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    machine_record const other = co_await self.leave();  // this QEMU dials the same path
    listener on(executor, self.address);
    machine subject(executor, lasting_qemu("-daemonize"));
    co_await subject.async_start(on);
    BOOST_TEST(subject.pid() != other.process);
    BOOST_TEST(lives(other.process));
    subject.kill();
    co_await subject.async_wait();
}

COROUTINE_TEST_CASE(shares_a_listener_with_other_machines)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    std::array<machine_record, 2> records;
    {
        listener on(executor, self.address);
        machine one(executor, lasting_qemu());
        machine two(executor, lasting_qemu());
        co_await one.async_start(on);
        co_await two.async_start(on);
        records = {one.release(), two.release()};
    }
    listener on(executor, self.address);
    for (machine_record const& record : {records[1], records[0]}) {
        machine adopted = co_await machine::adopt(on, record);
        BOOST_TEST(adopted.pid() == record.process);
        co_await adopted.async_shutdown(10s);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_machine_that_cannot_be_released, fixture, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(says_why)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    listener on(executor, self.address);
    machine ordinary(executor, bare_qemu());
    co_await ordinary.async_start(on);
    BOOST_TEST(objection(ordinary).find("outlives_us") != std::string::npos);
    BOOST_CHECK_THROW(ordinary.release(), system_error);
    BOOST_TEST(lives(ordinary.pid()));

    machine subject(executor, lasting_qemu());
    BOOST_TEST(objection(subject).find("not ready") != std::string::npos);
    co_await subject.async_start(on);
    BOOST_TEST(objection(subject).empty());
    machine moved = std::move(subject);
    BOOST_TEST(objection(subject).find("moved from") != std::string::npos);  // NOLINT(bugprone-use-after-move)
    moved.kill();
    BOOST_TEST(objection(moved).find("told to shut down") != std::string::npos);
    co_await moved.async_wait();
    BOOST_TEST(objection(moved).find("has ended") != std::string::npos);
}

COROUTINE_TEST_CASE(is_not_even_launched_if_it_would_not_survive)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    listener on(executor, self.address);
    listener over_tcp(executor, endpoint::tcp("127.0.0.1", 0));
    BOOST_TEST((co_await refusal(lasting_qemu(), nullptr) == errc::launch_failed));
    BOOST_TEST((co_await refusal(lasting_qemu(), &over_tcp) == errc::launch_failed));
    machine_spec spec = lasting_qemu();
    spec.parent_death_signal = SIGTERM;
    BOOST_TEST((co_await refusal(spec, &on) == errc::launch_failed));
    spec = lasting_qemu();
    spec.standard_error = coqmp::output_target::lines([](std::string_view) {});
    BOOST_TEST((co_await refusal(spec, &on) == errc::launch_failed));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_adoption, fixture, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(takes_over_from_a_supervisor_that_was_killed)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    std::string const command = std::string("echo $$; exec ") + RELEASING_SUPERVISOR + ' ' + self.address.path();
    std::FILE* const output = ::popen(command.c_str(), "re");
    BOOST_REQUIRE(output != nullptr);
    int supervisor = 0;
    std::array<char, 1024> line{};
    BOOST_REQUIRE(std::fscanf(output, "%d\n", &supervisor) == 1);
    BOOST_REQUIRE(std::fgets(line.data(), static_cast<int>(line.size()), output) != nullptr);
    self.left = machine_record::parse(line.data());
    ::kill(supervisor, SIGKILL);
    await_end_of(supervisor);

    listener on(executor, self.address);  // replaces the socket that the killed one has left
    machine adopted = co_await machine::adopt(on, *self.left);
    BOOST_TEST(adopted.pid() == self.left->process);
    co_await adopted.async_wait_state_change(coqmp::run_state::unknown);  // QEMU 7.2 may hang if SIGTERM meets the question
    ::kill(adopted.pid(), SIGTERM);
    auto const status = co_await adopted.async_wait();
    BOOST_TEST((status == exit_status()));  // only a parent learns it
    BOOST_TEST(adopted.end().value().reason == coqmp::end_reason::external);
    ::pclose(output);
}

COROUTINE_TEST_CASE(that_is_destroyed_kills_the_machine)
{
    fixture self;
    machine_record const record = co_await self.leave();
    listener on(co_await asio::this_coro::executor, self.address);
    {
        machine const adopted = co_await machine::adopt(on, record);
    }
    await_end_of(record.process);
}

COROUTINE_TEST_CASE(of_a_machine_that_has_ended_fails_at_once)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    machine_record const record = co_await self.leave();
    listener on(executor, self.address);
    machine_record other = record;
    other.start_time -= 1;
    spawned<machine_pointer> stranger(executor, adopt(on, other));
    co_await stranger.done();
    BOOST_TEST((stranger.thrown<coqmp::start_failed>().code() == errc::not_the_machine));
    BOOST_TEST(lives(record.process));
    ::kill(record.process, SIGKILL);
    await_end_of(record.process);
    spawned<machine_pointer> late(executor, adopt(on, record));
    co_await late.done();
    BOOST_TEST((late.thrown<coqmp::start_failed>().code() == errc::not_the_machine));
}

COROUTINE_TEST_CASE(ends_when_the_machine_ends)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    machine_record const record = co_await self.leave();
    ::kill(record.process, SIGSTOP);
    listener on(executor, self.address);
    spawned<machine_pointer> subject(executor, adopt(on, record));
    asio::post(executor, [record] { ::kill(record.process, SIGKILL); });
    co_await subject.done();
    BOOST_TEST((subject.thrown<coqmp::start_failed>().code() == errc::machine_exited));
}

COROUTINE_TEST_CASE(that_fails_leaves_the_machine_alone)
{
    fixture self;
    auto const executor = co_await asio::this_coro::executor;
    machine_record const record = co_await self.leave();
    listener closed(executor, endpoint::unix_socket(self.folder.path() / "elsewhere"));
    spawned<machine_pointer> subject(executor, adopt(closed, record));
    asio::post(executor, [&closed] { closed.close(); });
    co_await subject.done();
    BOOST_TEST((subject.thrown<coqmp::start_failed>().code() == asio::error::operation_aborted));
    listener const moved = std::move(closed);
    spawned<machine_pointer> nowhere(executor, adopt(closed, record));  // NOLINT(bugprone-use-after-move)
    co_await nowhere.done();
    BOOST_TEST((nowhere.thrown<coqmp::start_failed>().code() == errc::disconnected));
    listener on(executor, self.address);
    coqmp::session_options options;
    options.connect_timeout = 1ns;
    spawned<machine_pointer> hasty(executor, adopt(on, record, options));
    co_await hasty.done();
    BOOST_TEST((hasty.thrown<coqmp::start_failed>().code() == errc::timed_out));
    BOOST_TEST(lives(record.process));
}

// Cancels after 0, 1, 2, ... handlers, until the adoption completes first.
BOOST_AUTO_TEST_CASE(that_is_cancelled_after_any_handler_leaves_the_machine_alone)
{
    run(leave_and_keep());
    bool was_cancelled = true;
    for (int handlers = 0; was_cancelled; ++handlers) {
        asio::io_context context(1);
        listener on(context, address);
        asio::cancellation_signal signal;
        machine_pointer result;
        bool is_done = false;
        asio::co_spawn(context, adopt(on, *left),
                       asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, machine_pointer adopted) {
                           result = std::move(adopted);
                           is_done = true;
                       }));
        for (int run = 0; run < handlers && !is_done; ++run)
            context.run_one();
        was_cancelled = !is_done;
        signal.emit(asio::cancellation_type::terminal);
        while (!is_done)
            context.run_one();
        BOOST_TEST(lives(left->process));
        if (result)
            result->release();
        on.close();
        context.run();
    }
}

BOOST_AUTO_TEST_CASE(whose_context_ends_after_any_handler_leaves_the_machine_alone)
{
    run(leave_and_keep());
    bool is_done = false;
    for (int handlers = 0; !is_done; ++handlers) {
        asio::io_context context(1);
        listener on(context, address);
        asio::co_spawn(context, adopt_and_release(on), [&](std::exception_ptr) { is_done = true; });
        for (int run = 0; run < handlers && !is_done; ++run)
            context.run_one();
    }
    BOOST_TEST(lives(left->process));
}

BOOST_AUTO_TEST_SUITE_END()
