// A listener's address: bound safely, open to the required peers, gone afterwards. The peers are real QEMUs.
#include <coqmp/listener.hpp>

#include "process/process.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <string>
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

::sockaddr_un address_of(std::filesystem::path const& path)
{
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

int bound_socket(std::filesystem::path const& path)
{
    int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_un const address = address_of(path);
    BOOST_REQUIRE(::bind(number, reinterpret_cast<::sockaddr const*>(&address), sizeof address) == 0);
    return number;
}

int connected_socket(std::filesystem::path const& path)
{
    int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_un const address = address_of(path);
    BOOST_REQUIRE(::connect(number, reinterpret_cast<::sockaddr const*>(&address), sizeof address) == 0);
    return number;
}

auto refusal(errc code, std::string part)
{
    return [code, part = std::move(part)](boost::system::system_error const& error) {
        BOOST_TEST_INFO(error.what());
        return error.code() == code && std::string(error.what()).find(part) != std::string::npos;
    };
}

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

/// What an accept completed with.
struct acceptance
{
    bool done = false;
    error_code error;
    std::optional<coqmp::session> session;

    auto handler()
    {
        return [this](error_code code, coqmp::session opened) {
            BOOST_TEST(!done);
            done = true;
            error = code;
            session.emplace(std::move(opened));
        };
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listener_test, fixture, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(socket_is_private_whatever_the_umask)
{
    ::mode_t const before = ::umask(0);
    listener const door(context.get_executor(), where);
    ::umask(before);
    struct ::stat found;
    BOOST_REQUIRE(::lstat(path.c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 0777) == 0600U);
    BOOST_TEST(S_ISSOCK(found.st_mode));
}

BOOST_AUTO_TEST_CASE(file_of_a_dead_owner_is_replaced)
{
    ::close(bound_socket(path));
    listener const door(context.get_executor(), where);
    ::close(connected_socket(path));
}

BOOST_AUTO_TEST_CASE(live_listener_keeps_its_socket_and_is_not_disturbed)
{
    listener door(context.get_executor(), where);
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                          refusal(errc::address_in_use, path.native()));
    BOOST_TEST(std::filesystem::exists(path));
    acceptance first;
    door.async_accept(first.handler());
    context.poll();
    BOOST_TEST(!first.done);  // a probe would have been taken for a guest
    door.close();
    context.run();
    BOOST_TEST(first.error == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(assigning_to_a_listener_closes_the_one_that_was_there)
{
    std::filesystem::path const other = path.native() + ".other";
    listener door(context.get_executor(), where);
    acceptance first;
    door.async_accept(first.handler());
    door = listener(context.get_executor(), endpoint::unix_socket(other));
    context.run();
    BOOST_TEST(first.error == asio::error::operation_aborted);
    BOOST_TEST(!std::filesystem::exists(path));
    BOOST_TEST(std::filesystem::exists(other));
}

BOOST_AUTO_TEST_CASE(socket_that_is_bound_but_does_not_listen_yet_is_not_robbed)
{
    int const other = bound_socket(path);
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                          refusal(errc::address_in_use, path.native()));
    ::close(other);
}

BOOST_AUTO_TEST_CASE(regular_file_is_refused_and_kept)
{
    std::ofstream(path) << "precious";
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                          refusal(errc::address_in_use, "not a socket"));
    BOOST_TEST(std::filesystem::file_size(path) == 8U);
}

BOOST_AUTO_TEST_CASE(symbolic_link_is_refused_and_kept)
{
    std::filesystem::create_symlink("elsewhere", path);
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                          refusal(errc::address_in_use, "not a socket"));
    BOOST_TEST(std::filesystem::is_symlink(path));
}

BOOST_AUTO_TEST_CASE(missing_directory_is_named)
{
    endpoint const nowhere = endpoint::unix_socket(directory.path() / "none" / "monitor");
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), nowhere), boost::system::system_error,
                          [&](boost::system::system_error const& error) {
                              return error.code() == boost::system::errc::no_such_file_or_directory &&
                                     std::string(error.what()).find(nowhere.path()) != std::string::npos;
                          });
}

BOOST_AUTO_TEST_CASE(own_file_is_unlinked_at_the_end)
{
    {
        listener const door(context.get_executor(), where);
        BOOST_TEST(std::filesystem::exists(path));
    }
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(file_of_another_is_not_unlinked_at_the_end)
{
    int other = -1;
    {
        listener const door(context.get_executor(), where);
        std::filesystem::rename(path, directory.path() / "moved");
        other = bound_socket(path);
    }
    BOOST_TEST(std::filesystem::exists(path));
    ::close(other);
}

BOOST_AUTO_TEST_CASE(descriptor_is_not_an_address_to_listen_on)
{
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), endpoint::descriptor(0)), boost::system::system_error,
                          refusal(errc::invalid_endpoint, "fd:0"));
}

BOOST_AUTO_TEST_CASE(peer_cannot_be_demanded_over_tcp)
{
    listener_options options;
    options.peer_user = ::getuid();
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), endpoint::tcp("127.0.0.1", 0), options), boost::system::system_error,
                          refusal(errc::invalid_endpoint, "TCP"));
}

BOOST_AUTO_TEST_CASE(tcp_port_is_chosen_and_reported)
{
    listener const door(context.get_executor(), endpoint::tcp("127.0.0.1", 0));
    BOOST_TEST(door.local_endpoint().host() == "127.0.0.1");
    BOOST_TEST(door.local_endpoint().port() != 0);
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), door.local_endpoint()), boost::system::system_error,
                          refusal(errc::address_in_use, "127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(a_star_listens_on_every_address)
{
    listener const door(context.get_executor(), endpoint::parse("*:0"));
    std::uint16_t const port = door.local_endpoint().port();
    BOOST_TEST(door.local_endpoint().to_string() == "tcp:*:" + std::to_string(port));
    BOOST_TEST(door.qemu_arguments().at(1) == "socket,id=coqmp-monitor,host=127.0.0.1,port=" + std::to_string(port));
    boost::asio::ip::tcp::socket client(context);
    client.connect(boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
    client.close();
    boost::system::error_code none;
    client.connect({boost::asio::ip::make_address("127.0.0.2"), port}, none);
    BOOST_TEST(!none);
    client.close();
    boost::asio::ip::tcp::acceptor probe(context);
    probe.open(boost::asio::ip::tcp::v6(), none);
    if (!none)
        probe.bind({boost::asio::ip::address_v6::loopback(), 0}, none);
    if (!none) {  // this host has IPv6
        client.connect({boost::asio::ip::address_v6::loopback(), port}, none);
        BOOST_TEST(!none);
    }
}

BOOST_AUTO_TEST_CASE(a_star_is_refused_where_another_program_has_the_port)
{
    boost::asio::ip::tcp::acceptor const other(context, boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::any(), 0));
    BOOST_CHECK_EXCEPTION(listener(context.get_executor(), endpoint::tcp("*", other.local_endpoint().port())),
                          boost::system::system_error, refusal(errc::address_in_use, "tcp:*:"));
}

BOOST_AUTO_TEST_CASE(arguments_double_commas_and_replace_the_wildcard)
{
    listener const door(context.get_executor(), endpoint::unix_socket(directory.path() / "a,b"));
    std::vector<std::string> const arguments = door.qemu_arguments("m1");
    BOOST_TEST(arguments.at(1) == "socket,id=m1,path=" + directory.path().native() + "/a,,b");
    BOOST_TEST(arguments.at(3) == "chardev=m1,mode=control");
    BOOST_TEST(door.qemu_arguments("a,server=on").at(1).starts_with("socket,id=a,,server=on,path="));
    BOOST_TEST(door.qemu_arguments("a,server=on").at(3) == "chardev=a,,server=on,mode=control");
    listener const everywhere(context.get_executor(), endpoint::tcp("0.0.0.0", 0));
    BOOST_TEST(everywhere.qemu_arguments().at(1) ==
               "socket,id=coqmp-monitor,host=127.0.0.1,port=" + std::to_string(everywhere.local_endpoint().port()));
}

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
