// A listener whose kernel does not let it accept: an accept ends, with the error or at its deadline, without using the
// processor.
#include "support/faults.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/listener.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <limits>

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using boost::system::error_code;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::errc;
using coqmp::listener;

namespace {

constexpr int for_ever = std::numeric_limits<int>::max();

struct fixture
{
    asio::io_context context{1};
    temporary_directory directory;
    std::filesystem::path path = directory.path() / "monitor";
    coqmp::listener_options options = without_negotiation();
    int visitor = -1;

    ~fixture() { ::close(visitor); }

    static coqmp::listener_options without_negotiation()
    {
        coqmp::listener_options result;
        result.session.negotiate = false;
        return result;
    }

    listener listen() { return listener(context.get_executor(), coqmp::endpoint::unix_socket(path), options); }

    void connect_visitor()
    {
        visitor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        asio::local::stream_protocol::endpoint const address(path.string());
        BOOST_REQUIRE(::connect(visitor, address.data(), static_cast<::socklen_t>(address.size())) == 0);
    }
};

/// What an accept completed with.
struct acceptance
{
    int times = 0;
    error_code error;

    explicit acceptance(listener& door)
    {
        door.async_accept([this](error_code code, coqmp::session const&) {
            ++times;
            error = code;
        });
    }
};

int const refusals[] = {EACCES, EPERM, EINVAL, ENOTSOCK};
int const losses[] = {EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_listener_that_cannot_accept, fixture, *boost::unit_test::timeout(60))

BOOST_DATA_TEST_CASE(ends_each_wait_with_the_refusal_of_the_kernel, data::make(refusals), error)
{
    listener door = listen();
    fault const armed(system_call::accept4, 0, error, for_ever);
    acceptance const first(door);
    acceptance const second(door);
    connect_visitor();
    context.run();
    for (acceptance const* each : {&first, &second}) {
        BOOST_TEST(each->times == 1);
        BOOST_TEST(each->error == error_code(error, boost::system::system_category()));
    }
    BOOST_TEST(armed.times_struck() == 2);
}

BOOST_DATA_TEST_CASE(ends_a_wait_at_its_deadline_if_every_connection_is_lost, data::make(losses), error)
{
    options.accept_timeout = 200ms;
    listener door = listen();
    fault const armed(system_call::accept4, 0, error, for_ever);
    acceptance const wait(door);
    connect_visitor();
    context.run();
    BOOST_TEST(wait.times == 1);
    BOOST_TEST((wait.error == errc::timed_out));
    BOOST_TEST(armed.has_struck());
}

BOOST_AUTO_TEST_CASE(does_not_try_again_at_once_for_ever)
{
    listener door = listen();
    fault const armed(system_call::accept4, 0, EINTR, 1000);
    acceptance const wait(door);
    connect_visitor();
    BOOST_TEST(context.poll() != 0U);
    BOOST_TEST(armed.has_struck());
    BOOST_TEST(armed.times_struck() < 1000);
}

BOOST_AUTO_TEST_CASE(lets_the_visitor_in_once_the_kernel_accepts_again)
{
    listener door = listen();
    fault const armed(system_call::accept4, 0, EINTR, 50);
    acceptance const wait(door);
    connect_visitor();
    context.run();
    BOOST_TEST(wait.times == 1);
    BOOST_TEST(!wait.error);
    BOOST_TEST(armed.times_struck() == 50);
}

BOOST_AUTO_TEST_CASE(aborts_its_waits_when_it_is_closed_before_it_tries_again)
{
    listener door = listen();
    fault const armed(system_call::accept4, 0, EINTR, for_ever);
    acceptance const wait(door);
    connect_visitor();
    context.poll();
    BOOST_TEST(armed.has_struck());
    door.close();
    context.run();
    BOOST_TEST(wait.times == 1);
    BOOST_TEST(wait.error == asio::error::operation_aborted);
}

BOOST_AUTO_TEST_SUITE_END()
