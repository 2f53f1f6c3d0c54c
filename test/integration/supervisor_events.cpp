// What QEMU reports in operation, and what a supervisor makes of it: the rows of OPERATIONS.md that need a QEMU of their own.
#include <coqmp/supervisor.hpp>

#include "support/guests.hpp"
#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/command.hpp>
#include <coqmp/reply.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using boost::system::error_code;
using coqmp::change;
using coqmp::change_stream;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;
using coqmp::machine_spec;
using coqmp::restart_policy;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// Something that a guest does, and lives on.
struct incident
{
    std::string_view code;
    char const* device;
    char const* action;
    char const* last_event;
};

std::ostream& operator<<(std::ostream& out, incident const& what)
{
    return out << what.action << ": " << what.last_event;
}

incident const incidents[] = {
    {panic, "pvpanic", "panic=none", "GUEST_PANICKED"},    {watchdog, "ib700", "watchdog=reset", "RESET"},
    {watchdog, "ib700", "watchdog=shutdown", "POWERDOWN"}, {watchdog, "ib700", "watchdog=inject-nmi", "WATCHDOG"},
    {watchdog, "ib700", "watchdog=debug", "WATCHDOG"},     {watchdog, "ib700", "watchdog=none", "WATCHDOG"},
};

/// A guest that writes to a disk without end.
/// @param errors of blkdebug @param device its error action
machine_spec writing(std::filesystem::path const& folder, std::string const& errors, std::string const& device)
{
    // again: mov ax, 0x301; mov cx, 2; mov dx, 0x81; mov bx, 0x7c00; int 0x13; jmp again
    constexpr auto code = "\xB8\x01\x03\xB9\x02\x00\xBA\x81\x00\xBB\x00\x7C\xCD\x13\xEB\xF0"sv;
    return guest(code, folder, "-blockdev", "driver=blkdebug,node-name=disk,image.driver=null-co,image.size=1048576," + errors,
                 "-device", "ide-hd,drive=disk,bus=ide.0,unit=1," + device);
}

/// One write that fails for lack of space.
std::string failure(int number)
{
    std::string const error = "inject-error." + std::to_string(number);
    return error + ".event=none," + error + ".iotype=write," + error + ".errno=28," + error + ".once=on";
}

struct fixture
{
    temporary_directory folder;
    std::filesystem::path const& path = folder.path();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor, fixture, *boost::unit_test::timeout(300))

BOOST_DATA_TEST_CASE(leaves_a_guest_alone_that_lives_on, data::make(incidents), what)
{
    auto const body = [&]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        coqmp::machine_event_stream events = machines.subscribe_events(what.last_event);
        machines.add("vm", guest(what.code, path, "-device", what.device, "-action", what.action), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines.pid("vm");
        auto const happened = co_await events.next();
        BOOST_TEST(happened.has_value());
        co_await machines.execute("vm", "query-name");  // after all that the supervisor has sent
        BOOST_TEST(machines.state("vm") == lifecycle::running);
        BOOST_TEST((machines.pid("vm") == process));
        while (auto const each = changes.try_next())
            BOOST_TEST(each->state == lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(says_that_the_crash_kernel_of_a_guest_writes_a_dump)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(crash_kernel, path, "-device", "pvpanic"), quick());
        machines.start("vm");
        auto is_dumping = [](change const& what) { return what.status.is_dumping; };
        change const crashed = co_await next_change(changes, is_dumping);
        BOOST_TEST(crashed.state == lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(restarts_a_machine_that_a_panic_has_ended_with_an_error)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(panic, path, "-device", "pvpanic", "-action", "panic=exit-failure"), quick());
        machines.start("vm");
        change const ended = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(ended.status.reason == lifecycle_reason::panicked);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(says_that_a_guest_has_shut_down_and_its_qemu_lives_on)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("off", guest(power_off, path, "-no-shutdown"), quick(restart_policy::always));
        machines.start("off");
        change const off = co_await reaches(changes, "off", lifecycle::paused);
        BOOST_TEST(off.status.reason == lifecycle_reason::switched_off);
        machines.add("reset", guest(triple_fault, path, "-action", "reboot=shutdown,shutdown=pause"),
                     quick(restart_policy::always));
        machines.start("reset");
        change const reset = co_await reaches(changes, "reset", lifecycle::paused);
        BOOST_TEST(reset.status.reason == lifecycle_reason::switched_off);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(restarts_a_machine_that_its_guest_has_shut_down_if_it_is_always_to_run)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(power_off, path), quick(restart_policy::always));
        machines.start("vm");
        change const ended = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(ended.status.reason == lifecycle_reason::guest_shutdown);
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

BOOST_DATA_TEST_CASE(takes_each_polite_signal_for_an_end_from_outside, data::make({SIGTERM, SIGINT, SIGHUP}), number)
{
    auto const body = [number = number]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machine_spec spec = bare();
        spec.arguments.emplace_back("-no-shutdown");  // it concerns guests only
        machines.add("vm", spec, quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        ::kill(machines.pid("vm").value(), number);
        change const ended = co_await reaches(changes, "vm", lifecycle::stopped);
        BOOST_TEST(ended.status.reason == lifecycle_reason::outside);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(restarts_a_qemu_that_has_crashed)
{
    auto const body = []() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machine_spec spec = bare();
        spec.limits.emplace_back(RLIMIT_CORE, 0);
        machines.add("vm", spec, quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        ::kill(machines.pid("vm").value(), SIGSEGV);
        change const ended = co_await reaches(changes, "vm", lifecycle::backing_off);
        BOOST_TEST(ended.status.reason == lifecycle_reason::killed_by_signal);
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(continues_a_machine_again_and_again_until_its_disk_has_space)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        simulated_time& time = simulate_time(executor);
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", writing(path, failure(0) + ',' + failure(1), "werror=enospc"), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::paused);
        time.advance(2s);
        co_await reaches(changes, "vm", lifecycle::running);
        change const again = co_await reaches(changes, "vm", lifecycle::paused);
        BOOST_TEST(again.status.reason == lifecycle_reason::no_space);
        time.advance(3s);
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(leaves_disk_errors_to_the_guest_that_gets_them)
{
    auto const body = [this]() -> asio::awaitable<void> {
        for (char const* const action : {"werror=report", "werror=ignore"}) {
            supervisor machines(co_await asio::this_coro::executor);
            coqmp::machine_event_stream errors = machines.subscribe_events("BLOCK_IO_ERROR");
            machines.add("vm", writing(path, failure(0), action), quick());
            machines.start("vm");
            auto const error = co_await errors.next();
            BOOST_REQUIRE(error.has_value());
            BOOST_TEST("werror=" + std::string(error->what.data.at("action").as_string()) == action);
            co_await machines.execute("vm", "query-name");
            BOOST_TEST(machines.state("vm") == lifecycle::running);
        }
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(follows_a_client_that_pauses_a_machine_and_lets_it_run)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(idle, path), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        co_await machines.execute("vm", "stop");
        change const paused = co_await reaches(changes, "vm", lifecycle::paused);
        BOOST_TEST(paused.status.reason == lifecycle_reason::by_client);
        co_await machines.execute("vm", "cont");
        co_await reaches(changes, "vm", lifecycle::running);
    };
    run(body());
}

// QEMU's main loop waits in open(2) until another process reads from the FIFO.
BOOST_AUTO_TEST_CASE(reports_a_busy_machine_and_does_not_kill_it)
{
    auto const body = [this]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        simulated_time& time = simulate_time(executor);
        std::string const fifo = path / "fifo";
        BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
        supervisor machines(executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(idle, path), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        auto const process = machines.pid("vm");
        coqmp::command dump("dump-guest-memory");
        dump.with("paging", false).with("protocol", "file:" + fifo).timeout(0s);
        machines.async_execute("vm", dump, [](error_code, coqmp::reply const&) {});
        co_await pass(time, 30s);
        change const busy = co_await gets(changes, liveness::busy);
        BOOST_TEST(busy.state == lifecycle::running);
        asio::posix::stream_descriptor reader(executor, ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        co_await reader.async_wait(asio::posix::stream_descriptor::wait_read, asio::deferred);
        reader.close();  // the dump fails
        change const answers = co_await gets(changes, liveness::responsive);
        BOOST_TEST(answers.state == lifecycle::running);
        BOOST_TEST((machines.pid("vm") == process));
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(never_runs_a_machine_again_whose_guest_was_migrated_away)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor);
        change_stream changes = machines.subscribe();
        machines.add("vm", guest(idle, path), quick(restart_policy::always));
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        co_await machines.execute("vm", coqmp::command("migrate").with("uri", "exec:cat >/dev/null"));
        change const away = co_await has_reason(changes, "vm", lifecycle_reason::migrated);
        BOOST_TEST(away.state == lifecycle::paused);
        ::kill(machines.pid("vm").value(), SIGKILL);
        change const ended = co_await reaches(changes, "vm", lifecycle::stopped);
        BOOST_TEST(ended.status.reason == lifecycle_reason::migrated);
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
