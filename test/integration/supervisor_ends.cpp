// What a supervisor does when a machine's QEMU ends, pauses or does not answer: OPERATIONS.md, sections 1 to 3, with real QEMUs.
#include <coqmp/supervisor.hpp>

#include "support/guests.hpp"
#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using coqmp::change;
using coqmp::change_stream;
using coqmp::end_reason;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;
using coqmp::machine_spec;
using coqmp::restart_policy;
using coqmp::supervision_policy;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

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

BOOST_AUTO_TEST_CASE(restarts_a_machine_whose_guest_panics_and_gives_up_when_that_happens_too_often)
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

BOOST_AUTO_TEST_CASE(does_not_restart_a_machine_that_its_guest_has_shut_down)
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

BOOST_AUTO_TEST_CASE(restarts_a_machine_that_a_reboot_has_ended)
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

BOOST_AUTO_TEST_CASE(restarts_a_machine_that_was_killed_but_not_one_that_its_owner_stopped)
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
        co_await machines.execute("vm", "stop");  // QEMU does not report it: the status stays io-error
        time.advance(100s);
        co_await machines.execute("vm", "query-name");  // after all that the supervisor has sent
        BOOST_TEST(machines.state("vm") == lifecycle::paused);
        co_await machines.execute("vm", "cont");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const by_the_client = co_await events.next();
        BOOST_TEST(by_the_client.has_value());
        co_await machines.execute("vm", "stop");
        co_await reaches(changes, "vm", lifecycle::paused);  // after all that QEMU has said before
        BOOST_TEST(!events.try_next().has_value());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(restarts_a_machine_that_its_watchdog_has_switched_off)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(watchdog, path, "-device", "ib700", "-action", "watchdog=poweroff"), quick());
        machines.start("vm");
        change const failed = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(failed.status.reason == lifecycle_reason::watchdog);
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(restarts_a_machine_that_was_ended_from_outside_only_if_its_policy_says_so)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        for (auto const policy : {restart_policy::on_failure, restart_policy::unless_stopped}) {
            std::string const name(to_string(policy));
            machines.add(name, bare(), quick(policy));
            machines.start(name);
            co_await reaches(changes, name, lifecycle::running);
            ::kill(machines.pid(name).value(), SIGTERM);
            change const ended = co_await has_reason(changes, name, lifecycle_reason::outside);
            bool const stays = policy == restart_policy::on_failure;
            BOOST_TEST(ended.state == (stays ? lifecycle::stopped : lifecycle::backing_off));
        }
        co_await reaches(changes, "unless-stopped", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(does_not_restart_a_machine_that_a_client_has_ended_through_it)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick(restart_policy::always));
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        co_await machines.execute("vm", "quit");
        change const ended = co_await reaches(changes, "vm", lifecycle::stopped);
        BOOST_TEST(ended.status.reason == lifecycle_reason::by_operator);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(says_why_a_machine_does_not_start_and_tries_again)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        supervision_policy policy = quick();
        policy.most_restarts = 1;
        machine_spec spec = bare();
        spec.arguments.insert(spec.arguments.end(), {"-device", "no-such-device"});
        machines.add("vm", spec, policy);
        machines.start("vm");
        change const first = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(first.status.reason == lifecycle_reason::did_not_start);
        BOOST_TEST(first.reason.find("no-such-device") != std::string::npos);
        co_await reaches(changes, "vm", lifecycle::given_up);
        machines.start("vm");  // forgets the failures
        co_await reaches(changes, "vm", lifecycle::backing_off);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(resets_a_panicked_guest_that_is_paused_if_its_policy_says_so)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        coqmp::machine_event_stream resets = machines.subscribe_events("RESET");
        supervision_policy policy = quick();
        policy.on_panic = coqmp::panic_action::reset;
        policy.most_restarts = 2;
        machines.add("vm", guest(panic, path, "-device", "pvpanic", "-action", "panic=pause"), policy);
        machines.start("vm");
        change const last = co_await reaches(changes, "vm", lifecycle::given_up);
        BOOST_TEST(last.status.reason == lifecycle_reason::panicked);
        int ours = 0;
        while (auto const each = resets.try_next())
            ours += each->what.data.at("reason").as_string() == "host-qmp-system-reset" ? 1 : 0;
        BOOST_TEST(ours == 2);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(leaves_a_panicked_guest_that_is_paused_to_its_owner)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(panic, path, "-device", "pvpanic", "-no-shutdown"), quick());
        machines.start("vm");
        change const paused = co_await reaches(changes, "vm", lifecycle::paused);
        BOOST_TEST(paused.status.reason == lifecycle_reason::panicked);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(gives_up_a_machine_that_reboots_endlessly_if_its_policy_says_so)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        supervision_policy policy = quick();
        machines.add("reported", guest(triple_fault, path), policy);
        policy.on_boot_loop = coqmp::boot_loop_action::give_up;
        machines.add("ended", guest(triple_fault, path), policy);
        machines.start("ended");
        change const last = co_await reaches(changes, "ended", lifecycle::given_up);
        BOOST_TEST(last.status.reason == lifecycle_reason::reboots_endlessly);
        machines.start("reported");
        auto loops = [](change const& what) { return what.status.is_boot_looping; };
        change const looping = co_await next_change(changes, loops);
        BOOST_TEST(looping.state == lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(reports_a_silent_machine_and_does_not_kill_it)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        simulated_time& time = simulate_time(executor);
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", bare(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines.pid("vm");
        BOOST_REQUIRE(process.has_value());
        ::kill(*process, SIGSTOP);
        co_await pass(time, 30s);
        change const silent = co_await gets(changes, liveness::silent);
        BOOST_TEST(silent.state == lifecycle::running);
        co_await pass(time, 600s);
        BOOST_TEST((machines.pid("vm") == process));
        ::kill(*process, SIGCONT);
        change const answers = co_await gets(changes, liveness::responsive);
        BOOST_TEST(answers.state == lifecycle::running);
        BOOST_TEST((machines.pid("vm") == process));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(kills_a_silent_machine_if_its_policy_says_so)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        simulated_time& time = simulate_time(executor);
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        supervision_policy policy = quick();
        policy.kill_silent_after = 60s;
        machines.add("vm", bare(), policy);
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        ::kill(machines.pid("vm").value(), SIGSTOP);
        while (machines.state("vm") == lifecycle::running)
            co_await pass(time, 1s);
        BOOST_TEST((machines.state("vm") != lifecycle::starting));  // no time passes for the next start
        change const killed = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(killed.status.reason == lifecycle_reason::not_responding);
        co_await pass(time, 1s);
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
