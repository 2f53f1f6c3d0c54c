// What the service manager receives, on a real socket.
#include "daemon/service_notification.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

using namespace coqmp_daemon;
using namespace std::chrono_literals;

namespace {

/// The service manager's socket.
class manager
{
public:
    /// @param name as in NOTIFY_SOCKET
    explicit manager(std::string name)
        : name_(std::move(name)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        ::sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        std::copy(name_.begin(), name_.end(), address.sun_path);
        if (name_.front() == '@')
            address.sun_path[0] = '\0';
        auto const size = static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + name_.size());
        BOOST_REQUIRE(::bind(socket_.number(), reinterpret_cast<::sockaddr const*>(&address), size) == 0);
    }

    /// The next message. @return empty: there is none
    std::string receive()
    {
        std::array<char, 4096> message{};
        ssize_t const size = ::recv(socket_.number(), message.data(), message.size(), 0);
        return size > 0 ? std::string(message.data(), static_cast<std::size_t>(size)) : std::string();
    }

    /// The same, with the descriptor that came along. @return nothing: there was none
    std::pair<std::string, std::optional<coqmp::descriptor>> receive_with_descriptor()
    {
        std::array<char, 4096> message{};
        alignas(::cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> attached{};
        ::iovec text{message.data(), message.size()};
        ::msghdr datagram{};
        datagram.msg_iov = &text;
        datagram.msg_iovlen = 1;
        datagram.msg_control = attached.data();
        datagram.msg_controllen = attached.size();
        ssize_t const size = ::recvmsg(socket_.number(), &datagram, MSG_CMSG_CLOEXEC);
        BOOST_REQUIRE(size > 0);
        std::pair<std::string, std::optional<coqmp::descriptor>> result;
        result.first.assign(message.data(), static_cast<std::size_t>(size));
        if (::cmsghdr const* const header = CMSG_FIRSTHDR(&datagram)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header), sizeof number);
            result.second.emplace(number);
        }
        return result;
    }

    [[nodiscard]] service_environment environment() const { return {name_, {}, {}}; }

private:
    std::string name_;
    coqmp::descriptor socket_;
};

struct fixture
{
    coqmp::test::temporary_directory directory;
    manager systemd{(directory.path() / "notify").native()};
    service_notification service{systemd.environment()};
};

std::int64_t monotonic_microseconds()
{
    ::timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

/// How often the kernel let this thread wait for something.
long sleeps_of_this_thread()
{
    ::rusage usage = {};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

std::string variable(char const* name)
{
    char const* const value = std::getenv(name);
    return value != nullptr ? value : "(unset)";
}

boost::system::error_code kernel_error(int number)
{
    return {number, boost::system::system_category()};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_notifications, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(each_call_is_one_datagram)
{
    BOOST_TEST(!service.ready());
    BOOST_TEST(systemd.receive() == "READY=1");
    BOOST_TEST(!service.status("4 clients"));
    BOOST_TEST(systemd.receive() == "STATUS=4 clients");
    BOOST_TEST(!service.keep_alive());
    BOOST_TEST(systemd.receive() == "WATCHDOG=1");
    BOOST_TEST(!service.extend_timeout(75s));
    BOOST_TEST(systemd.receive() == "EXTEND_TIMEOUT_USEC=75000000");
    BOOST_TEST(!service.stopping());
    BOOST_TEST(systemd.receive() == "STOPPING=1");
    BOOST_TEST(systemd.receive() == "");
}

// Without FDPOLL=0, systemd would close a connection whose peer has ended, with the peer's last words in it.
BOOST_AUTO_TEST_CASE(a_descriptor_is_put_into_the_store_and_removed)
{
    BOOST_TEST(service.has_manager());
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    coqmp::descriptor const end(ends[0]);
    coqmp::descriptor const other_end(ends[1]);
    BOOST_TEST(!service.keep_descriptor("coqmp-monitor/vm/1/2/oob", other_end));
    auto const [message, received] = systemd.receive_with_descriptor();
    BOOST_TEST(message == "FDSTORE=1\nFDPOLL=0\nFDNAME=coqmp-monitor/vm/1/2/oob");
    BOOST_REQUIRE(received.has_value());
    BOOST_TEST(::write(received->number(), "x", 1) == 1);
    char read = 0;
    BOOST_TEST(::read(end.number(), &read, 1) == 1);
    BOOST_TEST(read == 'x');
    BOOST_TEST(!service.drop_descriptor("coqmp-monitor/vm/1/2/oob"));
    auto const [removal, none] = systemd.receive_with_descriptor();
    BOOST_TEST(removal == "FDSTOREREMOVE=1\nFDNAME=coqmp-monitor/vm/1/2/oob");
    BOOST_TEST(!none.has_value());
}

BOOST_AUTO_TEST_CASE(a_reload_says_when_it_began)
{
    std::int64_t const before = monotonic_microseconds();
    BOOST_TEST(!service.reloading());
    std::string const message = systemd.receive();
    std::string const beginning = "RELOADING=1\nMONOTONIC_USEC=";
    BOOST_REQUIRE(message.starts_with(beginning));
    std::int64_t const said = std::stoll(message.substr(beginning.size()));
    BOOST_TEST(said >= before);
    BOOST_TEST(said <= monotonic_microseconds());
}

BOOST_AUTO_TEST_CASE(a_name_in_the_abstract_namespace_is_understood)
{
    manager abstract("@coqmp-test-" + std::to_string(::getpid()));
    service_notification other(abstract.environment());
    BOOST_TEST(!other.ready());
    BOOST_TEST(abstract.receive() == "READY=1");
}

BOOST_AUTO_TEST_CASE(a_status_cannot_contain_another_message)
{
    BOOST_TEST(!service.status("panic\nREADY=1\x1b[2J"));
    BOOST_TEST(systemd.receive() == "STATUS=panic\\nREADY=1\\x1b[2J");
    BOOST_TEST(!service.status(std::string(1'000'000, 'x')));
    BOOST_TEST(systemd.receive() == "STATUS=" + std::string(997, 'x') + "...");
}

BOOST_AUTO_TEST_CASE(without_a_service_manager_nothing_happens)
{
    service_notification none(service_environment{});
    BOOST_TEST(!none.ready());
    BOOST_TEST(!none.status("x"));
    BOOST_TEST(!none.watchdog_interval());
    BOOST_TEST(!none.has_manager());
    BOOST_TEST(!none.keep_descriptor("x", coqmp::descriptor(-1)));
}

BOOST_AUTO_TEST_CASE(a_service_manager_that_has_gone_is_an_error_and_no_signal)
{
    service_notification lost(service_environment{(directory.path() / "nothing").native(), {}, {}});
    BOOST_TEST(lost.ready() == kernel_error(ENOENT));
    BOOST_TEST(lost.keep_alive() == kernel_error(ENOENT));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_a_unix_socket_is_an_error)
{
    BOOST_TEST(service_notification(service_environment{"vsock:2:1234", {}, {}}).ready() == kernel_error(EAFNOSUPPORT));
    BOOST_TEST(service_notification(service_environment{"relative", {}, {}}).ready() == kernel_error(EAFNOSUPPORT));
    BOOST_TEST(service_notification(service_environment{'/' + std::string(200, 'x'), {}, {}}).ready() ==
               kernel_error(ENAMETOOLONG));
    BOOST_TEST(service_notification(service_environment{'@' + std::string(107, 'x'), {}, {}}).ready() ==
               kernel_error(ENAMETOOLONG));
}

BOOST_AUTO_TEST_CASE(the_daemon_does_not_wait_for_a_service_manager_that_does_not_read)
{
    boost::system::error_code error;
    for (int count = 0; !error && count < 1'000'000; ++count)
        error = service.keep_alive();
    BOOST_TEST(error == kernel_error(EAGAIN));
    long const before = sleeps_of_this_thread();
    BOOST_TEST(service.keep_alive() == kernel_error(EAGAIN));
    BOOST_TEST(service.status("x") == kernel_error(EAGAIN));
    BOOST_TEST(sleeps_of_this_thread() == before);
    BOOST_TEST(service.stopping() == kernel_error(EAGAIN));  // after a second
    BOOST_TEST(systemd.receive() == "WATCHDOG=1");
    BOOST_TEST(!service.stopping());
}

BOOST_AUTO_TEST_CASE(the_daemon_reports_to_the_watchdog_twice_as_often_as_it_must)
{
    std::string const us = std::to_string(::getpid());
    struct situation
    {
        service_environment environment;
        std::chrono::microseconds expected;  // zero: no watchdog
    };
    for (situation const& each :
         {situation{{{}, "30000000", us}, 15s}, situation{{{}, "30000000", {}}, 15s}, situation{{{}, "30000000", "1"}, 0s},
          situation{{{}, "30000000", us + 'x'}, 0s}, situation{{{}, "0", us}, 0s}, situation{{{}, "1", us}, 0s},
          situation{{{}, "-1", us}, 0s}, situation{{{}, "30s", us}, 0s}, situation{{{}, {}, us}, 0s}}) {
        service_notification const one(each.environment);
        BOOST_TEST((one.watchdog_interval().value_or(0s) == each.expected));
    }
}

BOOST_AUTO_TEST_CASE(child_processes_do_not_inherit_the_service_managers_variables)
{
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("WATCHDOG_USEC", "5", 1);
    ::setenv("WATCHDOG_PID", "6", 1);
    service_environment const taken = service_environment::take();
    BOOST_TEST(taken.notify_socket == "/run/notify");
    BOOST_TEST(taken.watchdog_usec == "5");
    BOOST_TEST(taken.watchdog_pid == "6");
    for (char const* const name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        BOOST_TEST(variable(name) == "(unset)");
    BOOST_TEST(service_environment::take().notify_socket == "");
}

BOOST_AUTO_TEST_SUITE_END()
