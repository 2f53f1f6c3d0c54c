// What a machine owns and what it does not: the session that it lends, the terminal's process group, the context that it may
// outlive, its program's output, and a guest that has shut down before it is asked to.
#include <coqmp/machine.hpp>

#include "support/helper_threads.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::errc;
using coqmp::exit_status;
using coqmp::machine;
using coqmp::machine_spec;
using namespace coqmp::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// How a start fails.
asio::awaitable<coqmp::start_failed> failure_of(machine_spec spec)
{
    machine failing{co_await asio::this_coro::executor, std::move(spec)};
    try {
        co_await failing.async_start();
    } catch (coqmp::start_failed const& failure) {
        co_return failure;
    }
    throw std::runtime_error("the machine started");
}

/// The program's process group, and ours, as it sees them.
asio::awaitable<std::string> process_group_of(machine_spec spec)
{
    spec.program = "/bin/sh";
    spec.arguments = {"-c", "read -r all < /proc/self/stat; set -- $all; echo $5 >&2", "script"};
    co_return (co_await failure_of(std::move(spec))).standard_error();
}

/// A boot sector that shuts the PC down when its power button is pressed.
void write_obedient_guest(std::filesystem::path const& file)
{
    constexpr std::array<unsigned char, 34> program = {
        0xba, 0x02, 0x06,  // mov $0x602,%dx     the power button shows in the status
        0xb8, 0x00, 0x01,  // mov $0x100,%ax
        0xef,              // out %ax,%dx
        0xba, 0x05, 0x05,  // mov $0x505,%dx     report to the host that the guest runs
        0xb0, 0x02,        // mov $2,%al
        0xee,              // out %al,%dx
        0xba, 0x00, 0x06,  // mov $0x600,%dx
        0xfb,              // again: sti
        0xf4,              // hlt                until the next tick of the clock
        0xed,              // in %dx,%ax
        0xf6, 0xc4, 0x01,  // test $1,%ah
        0x74, 0xf8,        // jz again
        0xba, 0x04, 0x06,  // mov $0x604,%dx     soft off
        0xb8, 0x00, 0x20,  // mov $0x2000,%ax
        0xef,              // out %ax,%dx
        0xf4,              // end: hlt
        0xeb, 0xfd,        // jmp end
    };
    std::vector<char> image(64 << 10);
    std::copy(program.begin(), program.end(), image.begin());
    image[510] = '\x55';
    image[511] = '\xaa';
    std::ofstream(file, std::ios::binary).write(image.data(), static_cast<std::streamsize>(image.size()));
}

machine_spec obedient_pc(std::filesystem::path const& image, bool no_shutdown)
{
    machine_spec spec;
    spec.arguments = {"-M",
                      "pc,accel=tcg",
                      "-nodefaults",
                      "-display",
                      "none",
                      "-m",
                      "32",
                      "-device",
                      "pvpanic",
                      "-drive",
                      "if=ide,format=raw,snapshot=on,file=" + image.string()};
    if (no_shutdown)
        spec.arguments.emplace_back("-no-shutdown");
    return spec;
}

/// A guest that has not booted misses its power button.
asio::awaitable<void> await_guest(machine& subject)
{
    coqmp::event_stream arrival = subject.session().subscribe("GUEST_CRASHLOADED");
    co_await arrival.async_next();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_ownership, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(program_has_a_process_group_of_its_own)
{
    std::string const group = co_await process_group_of({});
    BOOST_TEST(group != std::to_string(::getpgrp()) + '\n');
}

COROUTINE_TEST_CASE(program_shares_the_process_group_if_asked_to)
{
    machine_spec spec;
    spec.share_process_group = true;
    std::string const group = co_await process_group_of(spec);
    BOOST_TEST(group == std::to_string(::getpgrp()) + '\n');
}

COROUTINE_TEST_CASE(argument_with_a_nul_is_refused)
{
    machine_spec spec = bare_qemu("-drive");
    spec.arguments.push_back("file=disk.img\0,readonly=on"s);
    auto const failure = co_await failure_of(std::move(spec));
    BOOST_TEST((failure.code() == errc::launch_failed));
    BOOST_TEST(failure.what() ==
               "cannot start a machine: the argument \"file=disk.img\" holds a NUL byte, and the program would see only what is "
               "before it");
}

COROUTINE_TEST_CASE(program_with_a_nul_is_refused)
{
    machine_spec spec;
    spec.program = "/bin/true\0.old"s;
    auto const failure = co_await failure_of(std::move(spec));
    BOOST_TEST((failure.code() == errc::launch_failed));
    BOOST_TEST(std::string(failure.what()).starts_with("cannot start a machine: the program \"/bin/true\" holds a NUL byte"));
}

COROUTINE_TEST_CASE(variable_with_a_nul_is_refused_without_its_value)
{
    machine_spec spec = bare_qemu();
    spec.environment.emplace();
    spec.environment->push_back("SECRET=word\0more"s);
    auto const failure = co_await failure_of(std::move(spec));
    BOOST_TEST((failure.code() == errc::launch_failed));
    BOOST_TEST(std::string(failure.what()).starts_with("cannot start a machine: the environment variable SECRET holds a NUL"));
}

COROUTINE_TEST_CASE(what_a_program_wrote_is_escaped_in_the_text_and_whole_beside_it)
{
    auto const failure = co_await failure_of(script("printf 'no\\033[2J \\342\\200\\256 way\\n' >&2; exit 1"));
    BOOST_TEST(failure.what() == R"(sh exited with status 1 before it was ready: no\x1b[2J \u202e way)");
    BOOST_TEST(failure.standard_error() == "no\x1b[2J \u202e way\n");
}

COROUTINE_TEST_CASE(name_of_a_program_is_escaped_in_the_text)
{
    machine_spec spec;
    spec.program = "qemu-\x1b[2J";
    auto const failure = co_await failure_of(std::move(spec));
    BOOST_TEST(failure.what() == R"(cannot start "qemu-\x1b[2J": No such file or directory)");
}

COROUTINE_TEST_CASE(guest_that_shuts_down_without_ending_qemu_is_not_waited_for)
{
    temporary_directory const directory;
    write_obedient_guest(directory.path() / "disk");
    for (bool const before : {false, true}) {
        machine subject{co_await asio::this_coro::executor, obedient_pc(directory.path() / "disk", true)};
        co_await subject.async_start();
        co_await await_guest(subject);
        if (before)
            co_await subject.session().execute_until("system_powerdown", "SHUTDOWN");
        // With a budget of an hour this ends in time only if the half hour for the guest is left early.
        exit_status const status = co_await subject.async_shutdown(1h);
        BOOST_TEST((status == exit_status{0, 0}));
    }
}

COROUTINE_TEST_CASE(guest_that_shuts_down_ends_qemu_by_itself)
{
    temporary_directory const directory;
    write_obedient_guest(directory.path() / "disk");
    machine subject{co_await asio::this_coro::executor, obedient_pc(directory.path() / "disk", false)};
    co_await subject.async_start();
    co_await await_guest(subject);
    coqmp::event_stream ends = subject.session().subscribe("SHUTDOWN");
    exit_status const status = co_await subject.async_shutdown(1h);
    BOOST_TEST((status == exit_status{0, 0}));
    coqmp::event const ended = co_await ends.async_next();
    BOOST_TEST(ended.data.at("reason").as_string() == "guest-shutdown");
}

COROUTINE_TEST_CASE(machine_is_shut_down_although_its_session_was_moved_away)
{
    auto const executor = co_await asio::this_coro::executor;
    temporary_directory const directory;
    coqmp::listener door{executor, coqmp::endpoint::unix_socket(directory.path() / "monitor")};
    for (bool const through_listener : {false, true}) {
        machine subject{executor, bare_qemu()};
        if (through_listener)
            co_await subject.async_start(door);
        else
            co_await subject.async_start();
        coqmp::session const taken = std::move(subject.session());
        exit_status const status = co_await subject.async_shutdown(1h);
        BOOST_TEST((status == exit_status{0, 0}));
    }
}

COROUTINE_TEST_CASE(machine_whose_session_was_moved_away_and_closed_is_terminated)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu()};
    co_await subject.async_start();
    {
        coqmp::session const taken = std::move(subject.session());
    }
    exit_status const status = co_await subject.async_shutdown(1h);
    BOOST_TEST((status == exit_status{0, 0}));
}

BOOST_AUTO_TEST_CASE(machine_that_was_moved_from_has_no_process)
{
    asio::io_context context(1);
    machine subject(context.get_executor(), bare_qemu());
    machine const moved = std::move(subject);
    BOOST_TEST(subject.pid() == -1);  // NOLINT(bugprone-use-after-move): that is what is tested
    BOOST_TEST(subject.standard_error() == "");
    BOOST_TEST((subject.get_executor() == context.get_executor()));
    subject.kill();
    std::exception_ptr failure;
    subject.async_start([&](std::exception_ptr why) { failure = why; });
    error_code waited;
    subject.async_wait([&](error_code error, exit_status) { waited = error; });
    error_code shut_down;
    subject.async_shutdown(1s, [&](error_code error, exit_status) { shut_down = error; });
    context.run();
    BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), coqmp::start_failed,
                          [](auto const& error) { return error.code() == coqmp::errc::disconnected; });
    BOOST_TEST((waited == coqmp::errc::not_running));
    BOOST_TEST((shut_down == coqmp::errc::not_running));
}

BOOST_AUTO_TEST_CASE(machines_may_outlive_their_context)
{
    enum class at { idle, starting, running, waiting };
    for (bool const on_strand : {false, true}) {
        std::list<machine> machines;
        ::pid_t number = -1;
        {
            asio::io_context context(1);
            for (at const moment : {at::idle, at::starting, at::running, at::waiting}) {
                asio::any_io_executor executor = context.get_executor();
                if (on_strand)
                    executor = asio::make_strand(context);
                machine& subject = machines.emplace_back(executor, bare_qemu());
                if (moment == at::idle)
                    continue;
                auto const ready = std::make_shared<bool>(false);  // one start goes on while the next ones are waited for
                subject.async_start([ready](std::exception_ptr failure) { *ready = !failure; });
                while (!*ready && moment != at::starting && context.run_one() > 0)
                    continue;
                number = subject.pid();
                if (moment != at::waiting)
                    continue;
                subject.async_wait([](error_code, exit_status) { BOOST_FAIL("called"); });
                subject.async_shutdown(1h, [](error_code, exit_status) { BOOST_FAIL("called"); });
                context.poll_one();
            }
        }
        await_helper_threads();
        await_no_child();
        BOOST_TEST(is_gone(number));
        machines.front() = std::move(machines.back());
        BOOST_TEST(machines.front().pid() == -1);
        BOOST_TEST(machines.front().standard_error() == "");
        machines.front().kill();
    }
}

BOOST_AUTO_TEST_SUITE_END()
