// What a listener accepts: real QEMUs, one at a time and several at once, and no strangers.
#include <coqmp/listener.hpp>

#include "process/process.hpp"
#include "support/acceptance.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/unix_socket.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::listener;
using coqmp::listener_options;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

/// A QEMU without a machine object that connects to the listener. Killed when the last copy is destroyed.
std::shared_ptr<coqmp::detail::process> launch_qemu(listener const& door)
{
    coqmp::detail::process_options options;
    options.program = "qemu-system-x86_64";
    options.arguments = bare_qemu().arguments;
    std::vector<std::string> const monitor = door.qemu_arguments();
    options.arguments.insert(options.arguments.end(), monitor.begin(), monitor.end());
    auto child = std::make_shared<coqmp::detail::process>(door.get_executor(), coqmp::detail::start_process(options), options);
    child->watch([](coqmp::exit_status) {});
    return child;
}

struct fixture
{
    asio::io_context context{1};
    temporary_directory directory;
    std::filesystem::path path = directory.path() / "monitor";
    endpoint where = endpoint::unix_socket(path);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listener_accept_test, fixture, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(qemus_come_one_after_the_other_and_two_at_once)
{
    listener door(context.get_executor(), endpoint::unix_socket(directory.path() / "with,comma"));
    for (int round = 0; round < 3; ++round) {
        acceptance first;
        acceptance second;
        door.async_accept(first.handler());
        door.async_accept(second.handler());
        auto const one = launch_qemu(door);
        auto const two = launch_qemu(door);
        while (!(first.done && second.done) && context.run_one() > 0)
            continue;
        BOOST_TEST(!first.error);
        BOOST_TEST(!second.error);
        BOOST_TEST(first.session->greeting().version.major >= 7);
        one->signal(SIGKILL);
        two->signal(SIGKILL);
    }
    door.close();
    context.run();
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(qemu_that_connects_before_an_accept_is_kept)
{
    listener door(context.get_executor(), where);
    auto const child = launch_qemu(door);
    context.poll();
    acceptance cancelled;
    asio::cancellation_signal signal;
    door.async_accept(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    signal.emit(asio::cancellation_type::total);
    while (!cancelled.done && context.run_one() > 0)
        continue;
    BOOST_TEST(cancelled.error == asio::error::operation_aborted);
    acceptance next;
    door.async_accept(next.handler());
    while (!next.done && context.run_one() > 0)
        continue;
    BOOST_TEST(!next.error);
    child->signal(SIGKILL);
    next.session->close();
    context.run();
}

BOOST_AUTO_TEST_CASE(accepted_session_knows_its_peer)
{
    listener door(context.get_executor(), where);
    auto const child = launch_qemu(door);
    acceptance result;
    door.async_accept(result.handler());
    while (!result.done && context.run_one() > 0)
        continue;
    BOOST_REQUIRE(!result.error);
    auto const peer = result.session->peer();
    BOOST_REQUIRE(peer.has_value());
    BOOST_TEST(peer->process == child->pid());
    BOOST_TEST(peer->user == ::geteuid());
    ::pollfd waiting{peer->pidfd.number(), POLLIN, 0};
    BOOST_TEST(::poll(&waiting, 1, 0) == 0);
    child->signal(SIGKILL);
    BOOST_TEST(::poll(&waiting, 1, -1) == 1);
    context.run();
    BOOST_TEST(!coqmp::session(context).peer());
}

BOOST_AUTO_TEST_CASE(stranger_is_rejected_and_the_wait_continues)
{
    listener_options by_user;
    by_user.peer_user = ::getuid() + 1;
    by_user.accept_timeout = 100ms;
    listener_options by_process;
    by_process.peer_process = 1 << 22;  // beyond the largest process number
    by_process.accept_timeout = 100ms;
    for (listener_options const& options : {by_user, by_process}) {
        listener door(context.get_executor(), where, options);
        int const stranger = connected_socket(path);
        acceptance none;
        door.async_accept(none.handler());
        context.run();
        context.restart();
        char byte = 0;
        BOOST_TEST(::recv(stranger, &byte, 1, 0) == 0);
        ::close(stranger);
        BOOST_TEST(none.error == errc::timed_out);
        BOOST_TEST(door.refused() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(no_peer_connects_before_the_deadline)
{
    listener_options options;
    options.accept_timeout = 10ms;
    listener door(context.get_executor(), where, options);
    acceptance none;
    door.async_accept(none.handler());
    context.run();
    BOOST_TEST(none.error == errc::timed_out);
}

BOOST_AUTO_TEST_CASE(guest_that_stays_silent_has_the_time_to_connect_and_no_more)
{
    listener_options options;
    options.accept_timeout = 0s;  // no limit
    options.session.connect_timeout = 50ms;
    listener door(context.get_executor(), where, options);
    int const silent = connected_socket(path);
    acceptance none;
    door.async_accept(none.handler());
    context.run();
    ::close(silent);
    BOOST_TEST(none.error == errc::monitor_busy);
}

BOOST_AUTO_TEST_CASE(waits_are_aborted_when_the_listener_goes)
{
    acceptance waiting;
    acceptance connecting;
    int guest = -1;
    {
        listener door(context.get_executor(), where);
        guest = connected_socket(path);
        door.async_accept(connecting.handler());
        door.async_accept(waiting.handler());
        context.poll();
    }
    context.run();
    ::close(guest);
    BOOST_TEST(waiting.error == asio::error::operation_aborted);
    BOOST_TEST(connecting.error == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(a_connection_that_came_before_a_wait_was_cancelled_is_kept_for_the_next)
{
    listener_options options;
    options.peer_process = ::getpid();
    options.session.negotiate = false;
    listener door(context.get_executor(), where, options);
    acceptance cancelled;
    asio::cancellation_signal signal;
    door.async_accept(asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    int const visitor = connected_socket(path);
    signal.emit(asio::cancellation_type::terminal);
    context.poll();
    BOOST_TEST(cancelled.error == asio::error::operation_aborted);
    acceptance next;
    door.async_accept(next.handler());
    context.restart();
    while (!next.done && context.run_one_for(time_limit) != 0)
        continue;
    BOOST_REQUIRE(next.done);
    BOOST_TEST(!next.error);
    BOOST_TEST(door.refused() == 0U);
    ::close(visitor);
}

BOOST_AUTO_TEST_CASE(one_descriptor_is_enough_for_a_connection)
{
    listener door(context.get_executor(), where);
    acceptance accepted;
    door.async_accept(accepted.handler());
    context.poll();
    auto const child = launch_qemu(door);
    int const free = ::dup(STDERR_FILENO);
    ::close(free);
    ::rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    ::rlimit one_more = before;
    one_more.rlim_cur = static_cast<::rlim_t>(free) + 1;  // all lower numbers are in use
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &one_more) == 0);
    while (!accepted.done && context.run_one() > 0)
        continue;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    BOOST_TEST(!accepted.error, accepted.error.message());
    child->signal(SIGKILL);
    accepted.session->close();
    context.run();
}

BOOST_AUTO_TEST_CASE(running_out_of_descriptors_ends_one_wait_and_loses_no_connection)
{
    listener door(context.get_executor(), where);
    acceptance starved;
    acceptance fed;
    door.async_accept(starved.handler());
    context.poll();
    auto const child = launch_qemu(door);
    ::rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    ::rlimit none = before;
    none.rlim_cur = 0;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    while (!starved.done && context.run_one() > 0)
        continue;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    BOOST_TEST(starved.error == boost::system::errc::too_many_files_open);
    door.async_accept(fed.handler());
    while (!fed.done && context.run_one() > 0)
        continue;
    BOOST_TEST(!fed.error);
    child->signal(SIGKILL);
    fed.session->close();
    context.run();
}

BOOST_AUTO_TEST_CASE(nothing_is_left_when_the_context_goes_with_a_wait)
{
    std::size_t const before = open_descriptors();
    auto const token = std::make_shared<int>(0);
    {
        asio::io_context other(1);
        auto door = std::make_shared<listener>(other.get_executor(), where);
        // The handler owns the listener that holds the handler.
        door->async_accept([door, token](error_code, coqmp::session) { BOOST_FAIL("called"); });
        other.poll();
    }
    BOOST_TEST(token.use_count() == 1);
    BOOST_TEST(open_descriptors() == before);
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_SUITE_END()
