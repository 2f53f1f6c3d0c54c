// A program whose main() is a coroutine.
#include <coqmp/guest_agent.hpp>
#include <coqmp/machine.hpp>
#include <coqmp/run.hpp>

#include "support/fake_agent.hpp"
#include "support/processes.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

using timer = asio::steady_timer;

/// Completes only if it is cancelled.
asio::awaitable<error_code> wait()
{
    timer never(co_await asio::this_coro::executor, timer::time_point::max());
    auto const [error] = co_await never.async_wait(asio::as_tuple(asio::deferred));
    co_return error;
}

asio::awaitable<std::string> give(std::string text)
{
    co_return text;
}

asio::awaitable<std::unique_ptr<int>> give_what_cannot_be_copied()
{
    co_return std::make_unique<int>(7);
}

asio::awaitable<void> fail()
{
    throw std::runtime_error("that is why");
    co_return;
}

asio::awaitable<error_code> signalled(int number)
{
    ::raise(number);
    co_return co_await wait();
}

asio::awaitable<void> signalled_and_prepared()
{
    co_await signalled(SIGTERM);
}

asio::awaitable<void> signalled_and_not_prepared(int number = SIGINT)
{
    ::raise(number);
    timer never(co_await asio::this_coro::executor, timer::time_point::max());
    co_await never.async_wait(asio::deferred);
}

/// Says each time that a wait was cancelled, and goes on.
asio::awaitable<void> stubborn(int output)
{
    for (;;) {
        BOOST_VERIFY(::write(output, ".", 1) == 1);
        co_await asio::this_coro::reset_cancellation_state();
        co_await wait();
    }
}

struct owner
{
    bool& destroyed;
    ~owner() { destroyed = true; }
};

asio::awaitable<void> stay(std::unique_ptr<owner> /*kept*/)
{
    co_await wait();
}

asio::awaitable<void> leave_one_behind(bool& destroyed)
{
    auto kept = std::unique_ptr<owner>(new owner{destroyed});
    asio::co_spawn(co_await asio::this_coro::executor, stay(std::move(kept)), asio::detached);
}

/// Until the guest is thawed, which is noted.
asio::awaitable<void> be_thawed(std::shared_ptr<coqmp::test::fake_agent> agent, bool& thawed)
{
    co_await agent->has_received("guest-fsfreeze-thaw");
    thawed = true;
}

asio::awaitable<void> freeze_and_fail(bool& thawed)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const agent = std::make_shared<coqmp::test::fake_agent>(executor);
    asio::co_spawn(executor, be_thawed(agent, thawed), asio::detached);
    coqmp::guest_agent client(executor);
    co_await client.async_connect(agent->address(), asio::deferred);
    coqmp::guest_freeze const frozen = co_await client.freeze();
    throw std::runtime_error("that is why");
}

/// Writes the number of its QEMU, and fails.
asio::awaitable<void> launch_and_fail(int output)
{
    coqmp::machine qemu(co_await asio::this_coro::executor, coqmp::test::bare_qemu());
    co_await qemu.async_start();
    ::pid_t const process = qemu.pid();
    BOOST_VERIFY(::write(output, &process, sizeof process) == sizeof process);
    throw std::runtime_error("that is why");
}

template <class Exception>
asio::awaitable<void> fail_with(Exception what)
{
    throw std::move(what);
    co_return;
}

asio::awaitable<void> signalled_and_failing()
{
    co_await signalled(SIGINT);
    throw std::runtime_error("that is why");
}

asio::awaitable<int> give_status(int status)
{
    co_return status;
}

asio::awaitable<int> fail_without_status()
{
    throw std::runtime_error("that is why");
    co_return 0;
}

/// What a program ends with.
struct program_end
{
    program_end(int status_, std::string text_) : status(status_), text(std::move(text_)) {}

    int status;
    std::string text;  ///< On standard error.

    friend bool operator==(program_end const&, program_end const&) = default;
    friend std::ostream& boost_test_print_type(std::ostream& out, program_end const& end)
    {
        return out << end.status << ", " << end.text;
    }
};

template <class Result>
program_end end_of(asio::awaitable<Result> main)
{
    std::ostringstream errors;
    std::streambuf* const before = std::cerr.rdbuf(errors.rdbuf());
    int const status = coqmp::run_program("it", std::move(main));
    std::cerr.rdbuf(before);
    return program_end(status, errors.str());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_test, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(returns_what_the_coroutine_returns)
{
    BOOST_TEST(coqmp::run(give("text")) == "text");
    BOOST_TEST(*coqmp::run(give_what_cannot_be_copied()) == 7);
}

BOOST_AUTO_TEST_CASE(throws_what_the_coroutine_throws)
{
    BOOST_CHECK_EXCEPTION(coqmp::run(fail()), std::runtime_error,
                          [](auto const& error) { return error.what() == std::string("that is why"); });
}

BOOST_AUTO_TEST_CASE(is_cancelled_by_a_signal)
{
    for (int const number : {SIGINT, SIGTERM})
        BOOST_TEST(coqmp::run(signalled(number)) == asio::error::operation_aborted);
    BOOST_CHECK_EXCEPTION(coqmp::run(signalled_and_not_prepared()), boost::system::system_error,
                          [](auto const& error) { return error.code() == asio::error::operation_aborted; });
}

BOOST_AUTO_TEST_CASE(ends_the_process_at_the_second_signal)
{
    int pipe[2];
    BOOST_REQUIRE(::pipe(pipe) == 0);
    ::pid_t const child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        coqmp::run(stubborn(pipe[1]));
        ::_exit(0);
    }
    for (int times = 0; times < 2; ++times) {
        char dot = 0;
        BOOST_REQUIRE(::read(pipe[0], &dot, 1) == 1);
        ::kill(child, SIGTERM);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFSIGNALED(status));
    BOOST_TEST(WTERMSIG(status) == SIGTERM);
    ::close(pipe[0]);
    ::close(pipe[1]);
}

BOOST_AUTO_TEST_CASE(leaves_signals_alone_afterwards)
{
    coqmp::run(give("text"));
    struct ::sigaction now{};
    ::sigaction(SIGINT, nullptr, &now);
    BOOST_TEST((now.sa_handler == SIG_DFL));
}

BOOST_AUTO_TEST_CASE(ends_only_when_no_guest_is_frozen)
{
    bool thawed = false;
    BOOST_CHECK_THROW(coqmp::run(freeze_and_fail(thawed)), std::runtime_error);
    BOOST_TEST(thawed);
}

// After the exception such a program runs no further, and neither do its helper threads.
BOOST_AUTO_TEST_CASE(leaves_no_machine_behind_when_the_program_ends_at_once)
{
    int pipe[2];
    BOOST_REQUIRE(::pipe(pipe) == 0);
    ::pid_t const child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        try {
            coqmp::run(launch_and_fail(pipe[1]));
        } catch (std::runtime_error const&) {
            ::_exit(7);
        }
    }
    ::pid_t qemu = 0;
    BOOST_REQUIRE(::read(pipe[0], &qemu, sizeof qemu) == sizeof qemu);
    int const watcher = static_cast<int>(::syscall(SYS_pidfd_open, qemu, 0));
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WEXITSTATUS(status) == 7);
    ::pollfd waiting{watcher, POLLIN, 0};
    BOOST_TEST((watcher < 0 || ::poll(&waiting, 1, 30'000) == 1));  // a limit for a QEMU that was left behind
    ::close(watcher);
    ::close(pipe[0]);
    ::close(pipe[1]);
}

BOOST_AUTO_TEST_CASE(returns_when_the_machines_that_it_kills_have_ended)
{
    int pipe[2];
    BOOST_REQUIRE(::pipe(pipe) == 0);
    BOOST_CHECK_THROW(coqmp::run(launch_and_fail(pipe[1])), std::runtime_error);
    ::pid_t qemu = 0;
    BOOST_REQUIRE(::read(pipe[0], &qemu, sizeof qemu) == sizeof qemu);
    BOOST_TEST(coqmp::test::is_gone(qemu));
    ::close(pipe[0]);
    ::close(pipe[1]);
}

BOOST_AUTO_TEST_CASE(destroys_what_the_coroutine_has_left_behind)
{
    bool destroyed = false;
    coqmp::run(leave_one_behind(destroyed));
    BOOST_TEST(destroyed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(run_program_test, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(succeeds_if_the_coroutine_returns)
{
    bool ignored = false;
    BOOST_TEST(end_of(leave_one_behind(ignored)) == program_end(0, ""));
}

BOOST_AUTO_TEST_CASE(prints_what_the_coroutine_throws)
{
    BOOST_TEST(end_of(fail()) == program_end(1, "it: that is why\n"));
    BOOST_TEST(end_of(fail_with(std::runtime_error("two\nlines\x1b[2J"))) == program_end(1, "it: two\nlines\\x1b[2J\n"));
    BOOST_TEST(end_of(fail_with(7)) == program_end(1, "it: failed with an exception of an unknown type\n"));
}

BOOST_AUTO_TEST_CASE(says_by_its_status_that_a_signal_has_cancelled_the_coroutine)
{
    BOOST_TEST(end_of(signalled_and_not_prepared()) == program_end(128 + SIGINT, ""));
    BOOST_TEST(end_of(signalled_and_not_prepared(SIGTERM)) == program_end(128 + SIGTERM, ""));
    BOOST_TEST(end_of(signalled_and_failing()) == program_end(128 + SIGINT, "it: that is why\n"));
}

BOOST_AUTO_TEST_CASE(succeeds_if_the_coroutine_returns_after_a_signal)
{
    BOOST_TEST(end_of(signalled_and_prepared()) == program_end(0, ""));
}

BOOST_AUTO_TEST_CASE(fails_if_something_else_has_cancelled_the_coroutine)
{
    boost::system::system_error const aborted(asio::error::operation_aborted, "that is why");
    BOOST_TEST(end_of(fail_with(aborted)) == program_end(1, std::string("it: ") + aborted.what() + '\n'));
}

BOOST_AUTO_TEST_CASE(returns_the_status_that_the_coroutine_returns)
{
    BOOST_TEST(end_of(give_status(3)) == program_end(3, ""));
    BOOST_TEST(end_of(fail_without_status()) == program_end(1, "it: that is why\n"));
}

BOOST_AUTO_TEST_SUITE_END()
