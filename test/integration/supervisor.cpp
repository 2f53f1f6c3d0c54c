// A supervisor with real QEMUs: OPERATIONS.md, sections 1 to 3, from the event to what becomes of the machine.
#include <coqmp/supervisor.hpp>

#include "support/guests.hpp"
#include "support/run.hpp"
#include "support/simulated_time.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
using coqmp::change;
using coqmp::change_stream;
using coqmp::end_reason;
using coqmp::errc;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::machine_spec;
using coqmp::supervision_policy;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

machine_spec bare()
{
    machine_spec spec;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none"};
    return spec;
}

/// Restarts at once, and ends QEMU without asking the guest.
supervision_policy quick(coqmp::restart_policy restart = coqmp::restart_policy::on_failure)
{
    supervision_policy policy;
    policy.restart = restart;
    policy.backoff = policy.longest_backoff = 1ms;
    policy.shutdown.ask_guest = coqmp::ask_guest::no;
    return policy;
}

/// The next change to this state.
asio::awaitable<change> reaches(change_stream& changes, std::string machine, lifecycle state)
{
    for (;;) {
        std::optional<change> const next = co_await changes.next();
        BOOST_REQUIRE(next.has_value());
        BOOST_TEST_MESSAGE(*next);
        if (next->machine == machine && next->state == state)
            co_return *next;
        BOOST_REQUIRE((next->state != lifecycle::given_up || state == lifecycle::given_up));
    }
}

/// The next change with this reason.
asio::awaitable<change> has_reason(change_stream& changes, std::string machine, lifecycle_reason why)
{
    for (;;) {
        std::optional<change> const next = co_await changes.next();
        BOOST_REQUIRE(next.has_value());
        BOOST_TEST_MESSAGE(*next);
        if (next->machine == machine && next->status.reason == why)
            co_return *next;
    }
}

/// A guest that writes to a disk whose first write fails for lack of space.
machine_spec writer(std::filesystem::path const& folder)
{
    // again: mov ax, 0x301; mov cx, 2; mov dx, 0x81; mov bx, 0x7c00; int 0x13; jmp again
    constexpr auto code = "\xB8\x01\x03\xB9\x02\x00\xBA\x81\x00\xBB\x00\x7C\xCD\x13\xEB\xF0"sv;
    return guest(code, folder, "-blockdev",
                 "driver=blkdebug,node-name=disk,image.driver=null-co,image.size=1048576,inject-error.0.event=none,"
                 "inject-error.0.iotype=write,inject-error.0.errno=28,inject-error.0.once=on",
                 "-device", "ide-hd,drive=disk,bus=ide.0,unit=1,werror=enospc");
}

struct fixture
{
    temporary_directory folder;
    std::filesystem::path const& path = folder.path();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor, fixture, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(starts_a_machine_again_when_its_guest_has_panicked_and_gives_up_when_that_happens_too_often)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        supervision_policy policy = quick();
        policy.most_restarts = 2;
        machines.add("vm", guest(panic, path, "-device", "pvpanic"), policy);
        machines.start("vm");
        change const first = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(first.status.reason == lifecycle_reason::panicked);
        co_await reaches(changes, "vm", lifecycle::backing_off);
        change const last = co_await reaches(changes, "vm", lifecycle::given_up);
        BOOST_TEST(last.status.reason == lifecycle_reason::panicked);
        BOOST_TEST(!machines.pid("vm").has_value());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(leaves_a_machine_down_that_its_guest_has_shut_down)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(power_off, path), quick());
        machines.start("vm");
        change const last = co_await reaches(changes, "vm", lifecycle::stopped);
        BOOST_TEST(last.status.reason == lifecycle_reason::guest_shutdown);
        BOOST_TEST(!last.status.until.has_value());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(starts_a_machine_again_that_reboots_without_reboot)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(triple_fault, path, "-no-reboot"), quick(coqmp::restart_policy::never));
        machines.start("vm");
        change const again = co_await has_reason(changes, "vm", lifecycle_reason::rebooted);
        BOOST_TEST(again.state == lifecycle::starting);
        co_await machines.async_stop("vm");
        BOOST_TEST(machines.state("vm") == lifecycle::stopped);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(starts_a_machine_again_that_was_killed_but_not_one_that_its_owner_stopped)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick(coqmp::restart_policy::always));
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const first = machines.pid("vm");
        BOOST_REQUIRE(first.has_value());
        ::kill(*first, SIGKILL);
        change const killed = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(killed.status.reason == lifecycle_reason::killed_by_signal);
        co_await reaches(changes, "vm", lifecycle::running);
        BOOST_TEST((machines.pid("vm") != first));

        coqmp::machine_end const end = co_await machines.async_stop("vm", 20s);
        BOOST_TEST(end.reason == end_reason::requested);
        change const stopped = co_await reaches(changes, "vm", lifecycle::stopped);
        BOOST_TEST(stopped.status.reason == lifecycle_reason::by_operator);
        BOOST_TEST(machines.state("vm") == lifecycle::stopped);
        BOOST_TEST(!changes.try_next().has_value());
    };
    run(body());
}

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

BOOST_AUTO_TEST_CASE(continues_a_machine_that_was_paused_for_lack_of_space)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        simulated_time& time = simulate_time(executor);
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", writer(path), quick());
        machines.start("vm");
        change const paused = co_await reaches(changes, "vm", lifecycle::paused);
        BOOST_TEST(paused.status.reason == lifecycle_reason::no_space);
        time.advance(2s);
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_continue_a_machine_that_a_client_has_paused)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        simulated_time& time = simulate_time(executor);
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        coqmp::machine_event_stream events = machines.subscribe_events("RESUME");
        machines.add("vm", writer(path), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::paused);
        co_await machines.execute("vm", "stop");  // QEMU says nothing of it: the status stays io-error
        time.advance(100s);
        co_await machines.execute("vm", "query-name");  // after all that the supervisor has sent
        BOOST_TEST(machines.state("vm") == lifecycle::paused);
        BOOST_TEST(!events.try_next().has_value());
        co_await machines.execute("vm", "cont");
        co_await reaches(changes, "vm", lifecycle::running);
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
        while (auto const next = changes.try_next()) {
            std::string const line = next->machine + ' ' + to_string(next->state);
            if (order.empty() || order.back() != line)  // how well it answers may change meanwhile
                order.push_back(line);
        }
        std::vector<std::string> const expected{"web stopping", "web stopped", "disk stopping", "disk stopped"};
        BOOST_TEST(order == expected, boost::test_tools::per_element());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(adopts_the_machines_of_an_earlier_supervisor)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        coqmp::supervisor_options options;
        options.directory = path / "state";
        std::optional<::pid_t> process;
        {
            supervisor machines(executor, options);
            change_stream changes = machines.subscribe();
            machines.add("vm", bare(), quick());
            machines.start("vm");
            co_await reaches(changes, "vm", lifecycle::running);
            process = machines.pid("vm");
            machines.release("vm");
            while (machines.pid("vm"))
                co_await machines.async_execute("vm", "query-name", asio::as_tuple(asio::deferred));
        }
        co_await asio::post(executor, asio::deferred);  // until the first one has let go of the directory
        supervisor machines(executor, options);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        co_await reaches(changes, "vm", lifecycle::running);
        BOOST_TEST((machines.pid("vm") == process));
        co_await machines.async_stop("vm", 20s);
        BOOST_TEST(machines.state("vm") == lifecycle::stopped);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(refuses_bad_names)
{
    asio::io_context context;
    supervisor machines(context);
    machines.add("vm", bare());
    auto const is = [](errc what) { return [what](boost::system::system_error const& error) { return error.code() == what; }; };
    BOOST_CHECK_EXCEPTION(machines.add("vm", bare()), boost::system::system_error, is(errc::name_in_use));
    for (char const* const name : {"", ".", "-vm", "a/b", "a b"})
        BOOST_CHECK_EXCEPTION(machines.add(name, bare()), boost::system::system_error, is(errc::invalid_name));
    BOOST_CHECK_EXCEPTION(machines.start("other"), boost::system::system_error, is(errc::no_such_machine));
}

BOOST_AUTO_TEST_SUITE_END()
