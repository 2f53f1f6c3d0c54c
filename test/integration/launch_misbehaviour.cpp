// Guests that crowd, lie and leave, and programs that do not behave as a QEMU does.
#include "support/fake_peer.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::listener;
using coqmp::machine;

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

/// A child that does nothing but connect, as another user if this one may be that, and wait for its connection's end.
/// It makes system calls only: it is a copy of a process with threads.
::pid_t strange_guest(std::string const& path, ::uid_t user)
{
    ::sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, path.c_str(), sizeof where.sun_path - 1);
    ::pid_t const child = ::fork();
    if (child != 0)
        return child;
    int const number = ::socket(AF_UNIX, SOCK_STREAM, 0);
    bool const connected = (::getuid() == user || ::setresuid(user, user, user) == 0) &&
                           ::connect(number, reinterpret_cast<::sockaddr const*>(&where), sizeof where) == 0;
    char byte = 0;
    ::_exit(connected && ::recv(number, &byte, 1, 0) == 0 ? 0 : 1);
}

int exit_code_of(::pid_t child)
{
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(launch_misbehaviour, *boost::unit_test::timeout(60))

COROUTINE_TEST_CASE(one_of_two_hundred_connections_is_the_machines)
{
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer const first{executor};  // makes the context open its descriptors
    std::size_t const before = open_descriptors();
    {
        listener door{executor, address("crowd")};
        std::vector<fake_peer> crowd;
        for (int number = 0; number < 100; ++number)
            crowd.push_back(fake_peer::calling(executor, door.local_endpoint()));
        machine subject{executor, bare_qemu()};
        bool ready = false;
        subject.async_start(door, [&ready](std::exception_ptr failure) {
            BOOST_TEST(!failure);
            ready = true;
        });
        for (int number = 0; number < 100; ++number)
            crowd.push_back(fake_peer::calling(executor, door.local_endpoint()));
        for (fake_peer& each : crowd)
            each.greet();
        while (!ready)
            co_await asio::post(executor, asio::deferred);
        BOOST_TEST(door.refused() == 200U);
        for (fake_peer& each : crowd)
            BOOST_TEST((co_await each.end()).empty(), "nothing was said to a stranger");
        co_await subject.session().quit();
        co_await subject.async_wait();
    }
    co_await asio::post(executor, asio::deferred);
    BOOST_TEST(open_descriptors() == before);
}

COROUTINE_TEST_CASE(process_of_another_user_is_rejected)
{
    auto const executor = co_await asio::this_coro::executor;
    ::uid_t const nobody = 65534;
    bool const may_change = ::getuid() == 0;
    coqmp::listener_options options;
    options.peer_user = may_change ? 0 : ::getuid() + 1;
    options.accept_timeout = 300ms;
    endpoint const where = address("user");
    listener door{executor, where, options};
    // Only the mode of the file keeps others from connecting; here it is opened to see what keeps them from being let in.
    std::filesystem::permissions(directory().path(), std::filesystem::perms(0755));
    std::filesystem::permissions(where.path(), std::filesystem::perms(0666));
    ::pid_t const guest = strange_guest(where.path(), may_change ? nobody : ::getuid());
    auto const [error, session] = co_await door.async_accept(asio::as_tuple(asio::deferred));
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(door.refused() == 1U);
    BOOST_TEST(exit_code_of(guest) == 0);
}

COROUTINE_TEST_CASE(qemu_that_exits_before_its_greeting_is_a_disconnection)
{
    auto const executor = co_await asio::this_coro::executor;
    listener door{executor, address("leaves")};
    {
        fake_peer const gone = fake_peer::calling(executor, door.local_endpoint());
    }
    auto const [error, none] = co_await door.async_accept(asio::as_tuple(asio::deferred));
    BOOST_TEST(error == errc::disconnected);
    fake_peer next = fake_peer::calling(executor, door.local_endpoint());
    asio::co_spawn(executor, next.handshake(), asio::detached);
    auto const [good, session] = co_await door.async_accept(asio::as_tuple(asio::deferred));
    BOOST_TEST(good == error_code());
}

COROUTINE_TEST_CASE(qemu_that_would_go_to_the_background_is_not_started)
{
    // The process that we started would end, and the one that it left behind would not be watched.
    machine subject{co_await asio::this_coro::executor, bare_qemu("-daemonize")};
    bool refused = false;
    try {
        co_await subject.async_start();
    } catch (coqmp::start_failed const& failure) {
        refused = true;
        BOOST_TEST((failure.code() == errc::launch_failed));
        BOOST_TEST(std::string(failure.what()).find("-daemonize") != std::string::npos, failure.what());
    }
    BOOST_TEST(refused);
    BOOST_TEST(subject.pid() == -1);
}

COROUTINE_TEST_CASE(program_that_closes_its_monitor_and_keeps_running_is_ended_by_the_ladder)
{
    machine subject{co_await asio::this_coro::executor,
                    script("qemu-system-x86_64 -M none -nodefaults -display none -S \"$@\"; exec 3>&-; exec sleep 1000")};
    co_await subject.async_start();
    co_await subject.session().quit();
    coqmp::session_end const end = co_await subject.session().async_wait_closed();
    BOOST_TEST((end.reason == errc::disconnected));
    BOOST_TEST(!is_gone(subject.pid()));
    coqmp::exit_status const status = co_await subject.async_shutdown(2s);
    BOOST_TEST(status.signal == SIGTERM);
}

COROUTINE_TEST_CASE(killed_machine_ends_its_session)
{
    machine subject{co_await asio::this_coro::executor, bare_qemu()};
    co_await subject.async_start();
    ::kill(subject.pid(), SIGKILL);
    coqmp::session_end const end = co_await subject.session().async_wait_closed();
    BOOST_TEST((end.reason == errc::disconnected));
    coqmp::exit_status const status = co_await subject.async_wait();
    BOOST_TEST(status.signal == SIGKILL);
}

BOOST_AUTO_TEST_SUITE_END()
