// What a supervisor has begun and the next one goes on with, with real QEMUs.
#include <coqmp/supervisor.hpp>

#include "process/process_identity.hpp"
#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/supervisor_options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::change;
using coqmp::change_stream;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::restart_policy;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

struct fixture
{
    temporary_directory folder;
    std::filesystem::path const wish = folder.path() / "state" / "vm" / "wish";
    coqmp::supervisor_options options;

    fixture() { options.directory = folder.path() / "state"; }

    /// Starts a machine whose QEMU does not answer, so that its end takes long, begins to end it, and leaves it so.
    template <class Begin>
    asio::awaitable<::pid_t> leave_ending(Begin begin)
    {
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick(restart_policy::never));
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        ::pid_t const process = machines.pid("vm").value();
        ::kill(process, SIGSTOP);
        begin(machines);
        co_await reaches(changes, "vm", lifecycle::stopping);
        auto const unreleased = co_await machines.async_release_all();
        BOOST_TEST(unreleased == std::size_t());
        co_return process;
    }
    asio::awaitable<::pid_t> leave_restarting()
    {
        co_return co_await leave_ending([](supervisor& machines) { machines.restart("vm"); });
    }
    asio::awaitable<::pid_t> leave_going_down_with_host()
    {
        co_return co_await leave_ending([](supervisor& machines) { machines.async_shutdown(200s)([](error_code) {}); });
    }

    static asio::awaitable<void> kill(::pid_t process)
    {
        auto const executor = co_await asio::this_coro::executor;
        auto const identity = coqmp::detail::identity_of(process);
        ::kill(process, SIGKILL);
        while (coqmp::detail::find_process(identity))
            co_await asio::post(executor, asio::deferred);
    }

    /// As if the host had booted since the last record of the machine was written.
    void boot() const
    {
        std::string text;
        std::getline(std::ifstream(wish), text);
        std::string const now = coqmp::detail::current_boot_id();
        BOOST_REQUIRE(text.find(now) != std::string::npos);
        text.replace(text.find(now), now.size(), "an-earlier-boot");
        std::ofstream(wish) << text;
    }

    /// What becomes of the machine in the end under the next supervisor.
    asio::awaitable<change> next_reaches(lifecycle state)
    {
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick(restart_policy::never));
        co_return co_await reaches(changes, "vm", state);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor, fixture, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(completes_the_restart_of_an_earlier_one)
{
    auto const body = [this]() -> asio::awaitable<void> {
        ::pid_t const process = co_await leave_restarting();
        supervisor machines(co_await asio::this_coro::executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick(restart_policy::never));
        change const stopping = co_await reaches(changes, "vm", lifecycle::stopping);
        BOOST_TEST(stopping.status.reason == lifecycle_reason::by_operator);
        ::kill(process, SIGCONT);
        co_await reaches(changes, "vm", lifecycle::running);
        BOOST_TEST((machines.pid("vm") != process));
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(launches_a_machine_that_ended_for_its_restart_while_nobody_watched)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await kill(co_await leave_restarting());
        change const running = co_await next_reaches(lifecycle::running);
        BOOST_TEST(running.status.reason == lifecycle_reason::none);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(completes_the_shutdown_with_the_host_of_an_earlier_one)
{
    auto const body = [this]() -> asio::awaitable<void> {
        ::pid_t const process = co_await leave_going_down_with_host();
        {
            supervisor machines(co_await asio::this_coro::executor, options);
            change_stream changes = machines.subscribe();
            machines.add("vm", bare(), quick(restart_policy::never));
            change const stopping = co_await reaches(changes, "vm", lifecycle::stopping);
            BOOST_TEST(stopping.status.reason == lifecycle_reason::host_shutdown);
            ::kill(process, SIGCONT);
            change const stopped = co_await reaches(changes, "vm", lifecycle::stopped);
            BOOST_TEST(stopped.status.reason == lifecycle_reason::host_shutdown);
        }
        boot();
        co_await next_reaches(lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(starts_a_machine_with_the_host_that_went_down_with_it_while_nobody_watched)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await kill(co_await leave_going_down_with_host());
        change const stopped = co_await next_reaches(lifecycle::stopped);
        BOOST_TEST(stopped.status.reason == lifecycle_reason::host_shutdown);
        boot();
        co_await next_reaches(lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
