// Real QEMUs, and programs that are none: started, watched, ended; and nothing of them stays.
#include <coqmp/coqmp.hpp>

#include "support/helper_threads.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::exit_status;
using coqmp::listener;
using coqmp::machine;
using coqmp::machine_spec;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

temporary_directory const& directory()
{
    static temporary_directory const made;
    return made;
}

endpoint address(char const* name)
{
    return endpoint::unix_socket(directory().path() / name);
}

/// How a start through a socketpair fails.
asio::awaitable<coqmp::start_failed> failure_of(machine& failing)
{
    try {
        co_await failing.async_start();
    } catch (coqmp::start_failed const& failure) {
        BOOST_TEST(is_gone(failing.pid()) == (failing.pid() > 0));
        co_return failure;
    }
    throw std::runtime_error("the machine started");
}

template <class Token>
concept start_token = requires(machine& subject, Token token) { subject.async_start(std::move(token)); };
static_assert(start_token<asio::deferred_t>);
static_assert(!start_token<int>);
static_assert(!start_token<void (*)(error_code, int)>);

/// @param door none: through a socketpair
asio::awaitable<error_code> start(machine& subject, listener* door, coqmp::start_diagnostics& diagnostics)
{
    if (door != nullptr) {
        auto const [error] = co_await subject.async_start(*door, diagnostics, asio::as_tuple(asio::deferred));
        co_return error;
    }
    auto const [error] = co_await subject.async_start(diagnostics, asio::as_tuple(asio::deferred));
    co_return error;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_test, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(exit_status_is_a_part_of_a_sentence)
{
    std::ostringstream text;
    text << exit_status{1, 0} << '/' << exit_status{-1, SIGKILL};
    BOOST_TEST(text.str() == "exited with status 1/was killed by signal 9 (Killed)");
}

COROUTINE_TEST_CASE(machine_starts_through_a_listener)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("a,comma")};
    machine subject{executor, bare_qemu()};
    co_await subject.async_start(door);
    BOOST_TEST(subject.session().greeting().version.major >= 7);
    co_await subject.session().quit();
    exit_status const status = co_await subject.async_wait();
    BOOST_TEST((status == exit_status{0, 0}));
    BOOST_TEST(is_gone(subject.pid()));
}

COROUTINE_TEST_CASE(machine_starts_through_a_socketpair)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu()};
    co_await subject.async_start();
    co_await subject.session().quit();
    BOOST_TEST(((co_await subject.async_wait()).exit_code == 0));
}

COROUTINE_TEST_CASE(streams_that_were_made_before_the_start_see_the_events_of_the_machine)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("streams")};
    for (bool const through_listener : {false, true}) {
        machine subject{executor, bare_qemu()};
        coqmp::event_stream ends = subject.session().subscribe("SHUTDOWN");
        if (through_listener)
            co_await subject.async_start(door);
        else
            co_await subject.async_start();
        co_await subject.session().quit();
        coqmp::event const end = co_await ends.async_next();
        BOOST_TEST(end.data.at("reason").as_string() == "host-qmp-quit");
        co_await subject.async_wait();
    }
}

COROUTINE_TEST_CASE(error_code_comes_with_diagnostics_beside_it)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("diagnosed")};
    for (listener* const through : {static_cast<listener*>(nullptr), &door}) {
        coqmp::start_diagnostics why;
        machine bad{executor, bare_qemu("-device", "foo")};
        error_code const failure = co_await start(bad, through, why);
        BOOST_TEST((failure == errc::machine_exited));
        BOOST_TEST((why.status() == exit_status{1, 0}));
        BOOST_TEST(contains(why.message(), "exited with status 1 before it was ready: qemu-system-x86_64: -device foo"));
        BOOST_TEST(contains(why.standard_error(), "not a valid device model name"));
        machine good{executor, bare_qemu()};
        error_code const success = co_await start(good, through, why);
        BOOST_TEST(!success);
        BOOST_TEST(why.message() == "");
        BOOST_TEST(!why.status());
        good.kill();
        co_await good.async_wait();
    }
}

COROUTINE_TEST_CASE(chardevs_of_the_user_do_not_collide_with_that_of_the_monitor)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("ids")};
    for (bool const through_listener : {false, true}) {
        machine subject{executor, bare_qemu("-chardev", "null,id=coqmp", "-chardev", "null,id=coqmp-monitor")};
        if (through_listener)
            co_await subject.async_start(door);
        else
            co_await subject.async_start();
        auto const chardevs = co_await subject.session().execute("query-chardev");
        BOOST_TEST(contains(boost::json::serialize(chardevs), "\"coqmp-monitor-2\""));
        subject.kill();
        co_await subject.async_wait();
    }
}

COROUTINE_TEST_CASE(machine_starts_through_tcp)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, endpoint::tcp("127.0.0.1", 0)};
    machine subject{executor, bare_qemu()};
    co_await subject.async_start(door);
    co_await subject.session().quit();
    BOOST_TEST(((co_await subject.async_wait()).exit_code == 0));
}

COROUTINE_TEST_CASE(machines_that_share_a_listener_get_each_their_own)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("shared")};
    machine one{executor, bare_qemu("-uuid", "00000000-0000-0000-0000-000000000001")};
    machine_spec wrapped = script(
        "qemu-system-x86_64 -M none -nodefaults -display none -S "
        "-uuid 00000000-0000-0000-0000-000000000002 \"$@\"; exit $?");
    machine two{executor, wrapped};
    bool one_ready = false;
    one.async_start(door, [&](std::exception_ptr failure) { one_ready = !failure; });
    co_await two.async_start(door);
    auto const second = co_await two.session().execute("query-uuid");
    BOOST_TEST(contains(std::string(second.at("UUID").as_string()), "0002"));
    two.kill();
    exit_status const end_of_two = co_await two.async_wait();
    BOOST_TEST(end_of_two.signal == SIGKILL);
    while (!one_ready)
        co_await asio::post(executor, asio::use_awaitable);
    auto const first = co_await one.session().execute("query-uuid");
    BOOST_TEST(contains(std::string(first.at("UUID").as_string()), "0001"));
    co_await one.async_shutdown(10s);
    BOOST_TEST(door.refused() == 0U);
}

COROUTINE_TEST_CASE(wrapper_that_becomes_qemu_is_admitted)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("exec")};
    machine subject{executor, script("exec qemu-system-x86_64 -M none -nodefaults -display none -S \"$@\"")};
    co_await subject.async_start(door);
    co_await subject.session().quit();
    BOOST_TEST(((co_await subject.async_wait()).exit_code == 0));
}

COROUTINE_TEST_CASE(bad_device_is_reported_in_the_words_of_qemu)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu("-device", "foo")};
    auto const failure = co_await failure_of(subject);
    BOOST_TEST((failure.code() == errc::machine_exited));
    BOOST_TEST((failure.status() == exit_status{1, 0}));
    BOOST_TEST(failure.what() ==
               "qemu-system-x86_64 exited with status 1 before it was ready: "
               "qemu-system-x86_64: -device foo: 'foo' is not a valid device model name");
    BOOST_TEST(contains(failure.standard_error(), "not a valid device model name"));
}

COROUTINE_TEST_CASE(bad_device_is_reported_through_a_listener_too)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("bad")};
    machine subject{executor, bare_qemu("-device", "foo")};
    bool told = false;
    try {
        co_await subject.async_start(door);
    } catch (coqmp::start_failed const& failure) {
        told = failure.code() == errc::machine_exited && contains(failure.what(), "not a valid device model name");
    }
    BOOST_TEST(told);
    // The listener is as good as new.
    machine good{executor, bare_qemu()};
    co_await good.async_start(door);
    co_await good.async_shutdown(10s);
}

COROUTINE_TEST_CASE(bad_option_is_reported_in_the_words_of_qemu)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu("--no-such-option")};
    auto const failure = co_await failure_of(subject);
    BOOST_TEST((failure.code() == errc::machine_exited));
    BOOST_TEST(contains(failure.what(), "invalid option"));
}

COROUTINE_TEST_CASE(missing_program_is_reported)
{
    machine_spec spec;
    spec.program = "qemu-foo";
    machine subject{co_await asio::this_coro::executor, spec};
    auto const failure = co_await failure_of(subject);
    BOOST_TEST((failure.code() == errc::launch_failed));
    BOOST_TEST(failure.what() == "cannot start \"qemu-foo\": No such file or directory");
    auto [error, status] = co_await subject.async_wait(asio::as_tuple(asio::deferred));
    BOOST_TEST((error == errc::not_running));
}

COROUTINE_TEST_CASE(program_that_is_not_executable_is_reported)
{
    machine_spec spec;
    spec.program = "/etc/passwd";
    machine subject{co_await asio::this_coro::executor, spec};
    auto const failure = co_await failure_of(subject);
    BOOST_TEST((failure.code() == errc::launch_failed));
    BOOST_TEST(contains(failure.what(), "Permission denied"));
}

COROUTINE_TEST_CASE(program_that_exits_at_once_is_reported)
{
    machine subject{co_await asio::this_coro::executor, script("exit 0")};
    auto const failure = co_await failure_of(subject);
    BOOST_TEST((failure.code() == errc::machine_exited));
    BOOST_TEST((failure.status() == exit_status{0, 0}));
    BOOST_TEST(failure.what() == "sh exited with status 0 before it was ready");
}

COROUTINE_TEST_CASE(silent_program_is_killed_at_the_deadline)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("silent")};
    machine_spec spec = script("exec cat /dev/zero >/dev/null");
    spec.start_timeout = 100ms;
    machine pair{executor, spec};
    auto const failure = co_await failure_of(pair);
    BOOST_TEST((failure.code() == errc::timed_out));
    BOOST_TEST(failure.what() == "sh was not ready within 0.1 s and was killed");
    machine subject{executor, spec};
    bool timed_out = false;
    try {
        co_await subject.async_start(door);
    } catch (coqmp::start_failed const& late) {
        timed_out = late.code() == errc::timed_out;
    }
    BOOST_TEST(timed_out);
    BOOST_TEST(is_gone(subject.pid()));
    BOOST_TEST(no_child_is_left());
}

COROUTINE_TEST_CASE(machine_starts_once)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu()};
    co_await subject.async_start();
    bool refused = false;
    try {
        co_await subject.async_start();
    } catch (coqmp::start_failed const& failure) {
        refused = failure.code() == errc::already_started;
    }
    BOOST_TEST(refused);
    subject.kill();
    co_await subject.async_wait();
}

COROUTINE_TEST_CASE(cancelled_start_leaves_no_process)
{
    auto const executor = co_await asio::this_coro::executor;
    machine subject{executor, script("exec cat /dev/zero >/dev/null")};
    asio::cancellation_signal signal;
    bool done = false;
    subject.async_start(asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failure) {
        done = true;
        BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), coqmp::start_failed,
                              [](coqmp::start_failed const& what) { return what.code() == asio::error::operation_aborted; });
        BOOST_TEST(is_gone(subject.pid()));
    }));
    BOOST_TEST(!done);
    while (subject.pid() < 0)
        co_await asio::post(executor, asio::use_awaitable);
    signal.emit(asio::cancellation_type::terminal);
    BOOST_TEST(((co_await subject.async_wait()).signal == SIGKILL));
    while (!done)
        co_await asio::post(executor, asio::use_awaitable);
}

COROUTINE_TEST_CASE(cancelled_start_through_a_listener_does_not_blame_the_listener)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("cancelled")};
    machine subject{executor, script("exec cat /dev/zero >/dev/null")};
    asio::cancellation_signal signal;
    std::string message;
    subject.async_start(door, asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failure) {
                            BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), coqmp::start_failed,
                                                  [&](coqmp::start_failed const& what) {
                                                      message = what.what();
                                                      return what.code() == asio::error::operation_aborted;
                                                  });
                        }));
    while (subject.pid() < 0)
        co_await asio::post(executor, asio::use_awaitable);
    signal.emit(asio::cancellation_type::terminal);
    while (message.empty())
        co_await asio::post(executor, asio::use_awaitable);
    BOOST_TEST(!contains(message, "listener"), message);
}

BOOST_AUTO_TEST_CASE(machine_and_listener_take_an_execution_context)
{
    asio::io_context context(1);
    listener const door(context, address("context"));
    machine const subject(context, bare_qemu());
    BOOST_TEST((door.get_executor() == context.get_executor()));
    BOOST_TEST((subject.get_executor() == context.get_executor()));
}

BOOST_AUTO_TEST_CASE(destroying_a_machine_kills_it_and_aborts_what_waits)
{
    asio::io_context context(1);
    ::pid_t number = -1;
    int aborted = 0;
    {
        machine subject(context.get_executor(), bare_qemu());
        bool ready = false;
        subject.async_start([&ready](std::exception_ptr failure) { ready = !failure; });
        while (!ready && context.run_one() > 0)
            continue;
        number = subject.pid();
        subject.async_wait([&](error_code error, exit_status) { aborted += error == asio::error::operation_aborted; });
        subject.async_shutdown(1h, [&](error_code error, exit_status) { aborted += error == asio::error::operation_aborted; });
    }
    context.run();
    BOOST_TEST(aborted == 2);
    BOOST_TEST(is_gone(number));
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(assigning_to_a_machine_kills_the_one_that_was_there)
{
    asio::io_context context(1);
    machine subject(context.get_executor(), bare_qemu());
    bool ready = false;
    subject.async_start([&ready](std::exception_ptr failure) { ready = !failure; });
    while (!ready && context.run_one() > 0)
        continue;
    ::pid_t const number = subject.pid();
    subject = machine(context.get_executor(), bare_qemu());
    BOOST_TEST(subject.pid() == -1);
    BOOST_TEST((subject.get_executor() == context.get_executor()));
    context.restart();
    context.run();
    BOOST_TEST(is_gone(number));
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(destroying_a_machine_that_starts_aborts_the_start_when_the_process_is_gone)
{
    for (bool const launched : {false, true}) {
        asio::io_context context(1);
        listener door(context.get_executor(), address("destroyed"));
        bool aborted = false;
        {
            machine subject(context.get_executor(), script("exec cat /dev/zero >/dev/null"));
            subject.async_start(door, [&](std::exception_ptr failure) {
                BOOST_TEST(no_child_is_left());
                BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), coqmp::start_failed, [](coqmp::start_failed const& what) {
                    return what.code() == asio::error::operation_aborted;
                });
                aborted = true;
            });
            if (launched)
                context.poll();
        }
        context.run();
        BOOST_TEST(aborted);
        BOOST_TEST(no_child_is_left());
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_left_when_the_context_goes_with_a_machine)
{
    for (bool const ready_first : {false, true}) {
        await_helper_threads();
        std::size_t const before = open_descriptors();
        auto const token = std::make_shared<int>(0);
        {
            asio::io_context context(1);
            auto subject = std::make_shared<machine>(context.get_executor(), bare_qemu());
            bool ready = false;
            // The handlers own the machine that holds the handlers.
            subject->async_start([subject, token, &ready](std::exception_ptr) { ready = true; });
            subject->async_wait([subject, token](error_code, exit_status) { BOOST_FAIL("called"); });
            do
                context.run_one();
            while (ready_first && !ready);
        }
        BOOST_TEST(token.use_count() == 1);
        await_helper_threads();
        await_no_child();
        while (open_descriptors() != before)  // the reaping thread closes its last descriptor just after
            ::sched_yield();
    }
}

BOOST_AUTO_TEST_CASE(sigchld_is_not_touched_and_no_descriptor_is_left_after_many_machines)
{
    struct ::sigaction before{};
    BOOST_REQUIRE(::sigaction(SIGCHLD, nullptr, &before) == 0);
    await_helper_threads();
    auto const descriptors = open_descriptors();
    for (int round = 0; round < 10; ++round) {
        asio::io_context context(1);
        listener door(context.get_executor(), address("many"));
        machine one(context.get_executor(), bare_qemu());
        machine two(context.get_executor(), bare_qemu("-device", "foo"));
        one.async_start(door, [&](std::exception_ptr failure) {
            BOOST_TEST(!failure);
            one.async_shutdown(10s, [](error_code error, exit_status) { BOOST_TEST(!error); });
        });
        two.async_start([&](std::exception_ptr failure) { BOOST_TEST(!!failure); });
        context.run();
    }
    struct ::sigaction after{};
    BOOST_REQUIRE(::sigaction(SIGCHLD, nullptr, &after) == 0);
    BOOST_TEST((before.sa_handler == after.sa_handler));
    BOOST_TEST(open_descriptors() == descriptors);
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_SUITE_END()
