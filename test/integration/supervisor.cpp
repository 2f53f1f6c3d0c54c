// A supervisor with real QEMUs: what its owner may ask of it, and when it refuses.
#include <coqmp/supervisor.hpp>

#include "support/fake_agent.hpp"
#include "support/guests.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::change;
using coqmp::change_stream;
using coqmp::errc;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::supervision_policy;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// Waits until a process has ended and was reaped.
asio::awaitable<void> until_gone(::pid_t process)
{
    auto const executor = co_await asio::this_coro::executor;
    while (::kill(process, 0) == 0)
        co_await asio::post(executor, asio::deferred);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_supervisor, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(does_not_send_a_command_to_a_machine_that_is_down)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        machines.add("vm", bare(), quick());
        auto command = machines.async_execute("vm", "query-status", asio::as_tuple(asio::deferred));
        auto const [error, answer] = co_await std::move(command);
        BOOST_TEST((error == errc::disconnected));
        BOOST_TEST((error == errc::not_sent));
        auto unknown = machines.async_execute("no-vm", "query-status", asio::as_tuple(asio::deferred));
        auto const [failure, nothing] = co_await std::move(unknown);
        BOOST_TEST((failure == errc::no_such_machine));
        BOOST_TEST((failure == errc::not_sent));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(shuts_down_a_machine_before_those_that_it_was_started_after)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("disk", bare(), quick());
        machines.add("web", bare(), quick(), {"disk"});
        machines.start("disk");
        machines.start("web");
        co_await reaches(changes, "disk", lifecycle::running);
        if (machines.state("web") != lifecycle::running)
            co_await reaches(changes, "web", lifecycle::running);
        while (changes.try_next()) {
        }
        co_await machines.async_shutdown(60s);
        std::vector<std::string> order;
        std::map<std::string, lifecycle> last{{"web", lifecycle::running}, {"disk", lifecycle::running}};
        while (auto const next = changes.try_next())
            if (std::exchange(last[next->machine], next->state) != next->state)  // how well it answers may change meanwhile
                order.push_back(next->machine + ' ' + to_string(next->state));
        std::vector<std::string> const expected{"web stopping", "web stopped", "disk stopping", "disk stopped"};
        BOOST_TEST(order == expected, boost::test_tools::per_element());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(starts_nothing_while_it_shuts_all_machines_down)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        machines.add("runs", bare(), quick());
        machines.add("rests", bare(), quick());
        machines.start("runs");
        co_await reaches(changes, "runs", lifecycle::running);
        bool is_down = false;
        machines.async_shutdown(60s)([&is_down](error_code error) {
            BOOST_TEST(!error);
            is_down = true;
        });
        machines.start("rests");
        machines.start("runs");  // while it is being stopped
        while (!is_down)
            co_await asio::post(executor, asio::deferred);
        for (char const* const each : {"runs", "rests"}) {
            BOOST_TEST(machines.state(each) == lifecycle::stopped);
            BOOST_TEST(machines.status(each).reason == lifecycle_reason::host_shutdown);
            BOOST_TEST(!machines.pid(each).has_value());
        }
        machines.start("rests");
        co_await reaches(changes, "rests", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(asks_a_guest_through_its_agent_before_its_power_button)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        coqmp::machine_event_stream power = machines.subscribe_events(coqmp::event_filter("POWERDOWN"));
        fake_agent agent(executor);
        supervision_policy policy = quick();
        policy.shutdown = coqmp::shutdown_options(0s).ask_through(agent.address());
        policy.shutdown.repeat = 0s;
        machines.add("vm", running_pc(), policy);
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        machines.async_stop("vm", std::nullopt, [](error_code, coqmp::machine_end const&) {});
        co_await agent.has_received("guest-shutdown");
        co_await machines.async_stop("vm", -1s);  // this guest has no real agent
        BOOST_TEST(!power.try_next().has_value());
        agent.close();
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(restarts_a_machine_with_a_new_process)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick(coqmp::restart_policy::never));
        machines.restart("vm");  // it was down
        co_await reaches(changes, "vm", lifecycle::running);
        auto const first = machines.pid("vm");
        machines.restart("vm");
        co_await reaches(changes, "vm", lifecycle::starting);
        co_await reaches(changes, "vm", lifecycle::running);
        BOOST_TEST((machines.pid("vm").has_value() && machines.pid("vm") != first));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(forgets_a_machine_that_is_removed)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines.pid("vm");
        BOOST_REQUIRE(process.has_value());
        co_await machines.async_remove("vm");
        BOOST_TEST(machines.names().empty());
        co_await until_gone(*process);
        auto again = machines.async_remove("vm", asio::as_tuple(asio::deferred));
        auto const [error] = co_await std::move(again);
        BOOST_TEST((error == errc::no_such_machine));
        machines.add("vm", bare(), quick());
        BOOST_TEST(machines.state("vm") == lifecycle::defined);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(ends_its_machines_and_all_operations_when_it_is_destroyed)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::optional<supervisor> machines(executor);
        change_stream changes = machines->subscribe();
        machines->add("vm", bare(), quick());
        machines->start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines->pid("vm");
        BOOST_REQUIRE(process.has_value());
        ::kill(*process, SIGSTOP);  // so that it does not end by itself
        std::vector<error_code> results;
        auto const ends = [&results](error_code error, auto const&...) { results.push_back(error); };
        machines->async_stop("vm", 0s)(ends);
        machines->async_shutdown(0s)(ends);
        machines->async_execute("vm", "query-status")(ends);
        co_await reaches(changes, "vm", lifecycle::stopping);
        machines->async_remove("vm")(ends);
        machines.reset();
        while (results.size() < 4)
            co_await asio::post(executor, asio::deferred);
        using asio::error::operation_aborted;
        BOOST_TEST(std::ranges::count(results, error_code(operation_aborted)) == 3);
        BOOST_TEST(std::ranges::count_if(results, [](error_code each) { return each == errc::disconnected; }) == 1);
        while (co_await changes.next()) {
        }
        co_await until_gone(*process);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(kills_all_machines_when_there_is_no_time_left)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        ::kill(machines.pid("vm").value(), SIGSTOP);
        co_await machines.async_shutdown(-1ns);
        BOOST_TEST(machines.state("vm") == lifecycle::stopped);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(can_be_destroyed_by_a_filter_and_by_its_log)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::optional<supervisor> machines(executor);
        auto destroys = [&machines](coqmp::event const& /*what*/) noexcept {
            machines.reset();
            return true;
        };
        auto events = machines->subscribe_events(coqmp::event_filter().matching(destroys));
        change_stream changes = machines->subscribe();
        machines->add("vm", bare(), quick());
        machines->start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        machines->async_execute("vm", "stop")([](error_code, coqmp::reply const&) {});
        auto const last = co_await events.next();
        BOOST_TEST(last.has_value());
        BOOST_TEST(!machines.has_value());

        coqmp::supervisor_options options;
        options.log = [&machines](coqmp::log_level, std::string_view) { machines.reset(); };
        machines.emplace(executor, options);
        supervision_policy policy = quick();
        policy.dumps_after_panic = true;  // which it cannot do, and says so
        temporary_directory folder;
        change_stream others = machines->subscribe();
        machines->add("vm", guest(panic, folder.path(), "-device", "pvpanic", "-no-shutdown"), policy);
        machines->start("vm");
        while (co_await others.next()) {
        }
        BOOST_TEST(!machines.has_value());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(says_how_many_changes_a_slow_reader_has_missed)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream slow = machines.subscribe(1);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        co_await machines.async_stop("vm", 20s);
        co_await reaches(changes, "vm", lifecycle::stopped);
        auto const last = slow.try_next();
        BOOST_REQUIRE(last.has_value());
        BOOST_TEST(last->state == lifecycle::stopped);
        BOOST_TEST(last->lost_before >= 3U);  // starting, running, stopping
        BOOST_TEST(slow.lost() == last->lost_before);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(rejects_a_machine_that_cannot_be_added)
{
    asio::io_context context;
    supervisor machines(context);
    machines.add("vm", bare());
    auto const is = [](errc what) { return [what](boost::system::system_error const& error) { return error.code() == what; }; };
    BOOST_CHECK_EXCEPTION(machines.add("vm", bare()), boost::system::system_error, is(errc::name_in_use));
    for (char const* const name : {"", ".", "-vm", "a/b", "a b"})
        BOOST_CHECK_EXCEPTION(machines.add(name, bare()), boost::system::system_error, is(errc::invalid_name));
    BOOST_CHECK_EXCEPTION(machines.add("ring", bare(), {}, {"ring"}), boost::system::system_error,
                          [](auto const& error) { return error.code() == boost::system::errc::invalid_argument; });
    supervision_policy observes;
    observes.is_observed = true;
    BOOST_CHECK_EXCEPTION(machines.add("theirs", bare(), observes), boost::system::system_error,
                          [](auto const& error) { return error.code() == boost::system::errc::invalid_argument; });
    BOOST_TEST(machines.names() == std::vector<std::string>{"vm"}, boost::test_tools::per_element());
    BOOST_CHECK_EXCEPTION(machines.start("other"), boost::system::system_error, is(errc::no_such_machine));
}

BOOST_AUTO_TEST_SUITE_END()
