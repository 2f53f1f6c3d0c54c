// Listeners and machines whose kernel fails: it is said what failed and with which address or program, nothing is left, and the
// next attempt works.
#include "support/completion.hpp"
#include "support/faults.hpp"
#include "support/helper_threads.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <thread>

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using boost::system::error_code;
using namespace coqmp::test;
using coqmp::endpoint;
using coqmp::listener;
using coqmp::machine;

namespace {

struct failure
{
    system_call which;
    int error;
};

std::ostream& operator<<(std::ostream& out, failure const& what)
{
    return out << what.which << ": " << ::strerrorname_np(what.error);
}

/// How a machine's start ends. It is shut down if it is ready.
struct start
{
    explicit start(machine& subject, listener* door = nullptr)
    {
        auto ended = [this, &subject](std::exception_ptr why) {
            ++times;
            failure = std::move(why);
            if (!failure)
                subject.async_shutdown(std::chrono::seconds(10),
                                       [](error_code error, coqmp::exit_status) { BOOST_TEST(!error); });
        };
        if (door != nullptr)
            subject.async_start(*door, ended);
        else
            subject.async_start(ended);
    }

    [[nodiscard]] std::string words() const
    {
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (coqmp::start_failed const& error) {
            return error.what();
        }
        return "it started";
    }

    int times = 0;
    std::exception_ptr failure;
};

/// The descriptors that are open when no process is being started or ended.
std::size_t settled_descriptors()
{
    await_helper_threads();
    return open_descriptors();
}

struct fixture
{
    asio::io_context context{1};
    asio::steady_timer first{context};  // makes the context open its descriptors
    temporary_directory directory;
    std::filesystem::path path = directory.path() / "monitor";
    endpoint where = endpoint::unix_socket(path);
    std::size_t descriptors = settled_descriptors();

    void run()
    {
        context.restart();
        context.run_for(time_limit);
        BOOST_TEST(context.stopped(), "something hangs");
    }
};

failure const no_listener[] = {{system_call::socket, EMFILE}, {system_call::socket, ENFILE}, {system_call::socket, ENOBUFS},
                               {system_call::bind, ENOSPC},   {system_call::bind, EACCES},   {system_call::bind, EROFS},
                               {system_call::bind, ENOMEM},   {system_call::listen, ENOBUFS}};

failure const lost_connection[] = {
    {system_call::accept4, EINTR}, {system_call::accept4, ECONNABORTED}, {system_call::accept4, EPROTO}};

failure const no_connection[] = {{system_call::accept4, EMFILE},
                                 {system_call::accept4, ENFILE},
                                 {system_call::accept4, ENOBUFS},
                                 {system_call::accept4, ENOMEM}};

failure const no_machine[] = {{system_call::pipe2, EMFILE},
                              {system_call::socketpair, EMFILE},
                              {system_call::clone, EAGAIN},
                              {system_call::clone, ENOMEM},
                              {system_call::clone, EMFILE}};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(when_the_kernel_fails, fixture, *boost::unit_test::timeout(60))

BOOST_DATA_TEST_CASE(a_listener_says_why_it_cannot_listen_and_leaves_nothing, data::make(no_listener), what)
{
    std::string const expected = error_code(what.error, boost::system::system_category()).message();
    {
        fault const armed(what.which, 0, what.error);
        BOOST_CHECK_EXCEPTION(listener(context.get_executor(), where), boost::system::system_error,
                              [&](boost::system::system_error const& error) {
                                  BOOST_TEST_INFO(error.what());
                                  return error.code().value() == what.error && contains(error.what(), path.native()) &&
                                         contains(error.what(), expected);
                              });
        BOOST_TEST(armed.has_struck());
    }
    BOOST_TEST(!std::filesystem::exists(path));
    BOOST_TEST(settled_descriptors() == descriptors);
    BOOST_CHECK_NO_THROW(listener(context.get_executor(), where));
}

BOOST_DATA_TEST_CASE(a_machine_gets_in_although_another_connection_was_lost, data::make(lost_connection), what)
{
    listener door(context.get_executor(), where);
    machine subject(context.get_executor(), bare_qemu());
    // What is lost comes before QEMU: a visitor.
    int const visitor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    asio::local::stream_protocol::endpoint const address(path.string());
    BOOST_REQUIRE(::connect(visitor, address.data(), static_cast<::socklen_t>(address.size())) == 0);
    fault const armed(system_call::accept4, 0, what.error);
    start const started(subject, &door);
    run();
    ::close(visitor);
    BOOST_TEST(armed.has_struck());
    BOOST_TEST(started.times == 1);
    BOOST_TEST(started.words() == "it started");
}

BOOST_DATA_TEST_CASE(a_machine_that_cannot_be_let_in_is_ended, data::make(no_connection), what)
{
    listener door(context.get_executor(), where);
    {
        machine subject(context.get_executor(), bare_qemu());
        fault const armed(system_call::accept4, 0, what.error);
        start const started(subject, &door);
        run();
        BOOST_TEST(armed.has_struck());
        BOOST_TEST(started.times == 1);
        BOOST_TEST(contains(started.words(), error_code(what.error, boost::system::system_category()).message()),
                   started.words());
        BOOST_TEST(is_gone(subject.pid()));
    }
    // Its connection, which was never taken, is not taken for the next one's.
    machine next(context.get_executor(), bare_qemu());
    start const started(next, &door);
    run();
    BOOST_TEST(started.words() == "it started");
}

BOOST_DATA_TEST_CASE(a_machine_says_why_it_cannot_start_and_leaves_nothing, data::make(no_machine), what)
{
    {
        machine subject(context.get_executor(), bare_qemu());
        fault const armed(what.which, 0, what.error, reach::every_thread);
        start const started(subject);
        run();
        BOOST_TEST(armed.has_struck());
        BOOST_TEST(started.times == 1);
        BOOST_TEST(contains(started.words(), error_code(what.error, boost::system::system_category()).message()),
                   started.words());
    }
    BOOST_TEST(no_child_is_left());
    BOOST_TEST(settled_descriptors() == descriptors);
    machine next(context.get_executor(), bare_qemu());
    start const started(next);
    run();
    BOOST_TEST(started.words() == "it started");
}

BOOST_AUTO_TEST_CASE(a_machine_says_that_a_descriptor_cannot_be_watched_and_leaves_nothing)
{
    // Everything that is registered with epoll: the program's end, its standard error, the monitor.
    bool struck = true;
    for (int nth = 0; struck; ++nth) {
        BOOST_TEST_CONTEXT("registration " << nth)
        {
            machine subject(context.get_executor(), bare_qemu());
            fault const armed(system_call::epoll_ctl, nth, ENOSPC);
            start const started(subject);
            run();
            struck = armed.has_struck();
            BOOST_REQUIRE((struck || nth > 2));
            BOOST_TEST(started.times == 1);
            BOOST_TEST(contains(started.words(), "No space left on device") == struck, started.words());
        }
        await_helper_threads();
        await_no_child();
        while (open_descriptors() != descriptors)  // the reaping thread closes its last descriptor just after
            std::this_thread::yield();
    }
}

BOOST_AUTO_TEST_CASE(a_machine_starts_with_exactly_as_many_descriptors_as_it_needs)
{
    ::rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    bool ready = false;
    for (::rlim_t more = 0; !ready; ++more) {
        machine subject(context.get_executor(), bare_qemu());
        ::rlimit tight = before;
        tight.rlim_cur = descriptors - 1 + more;  // counting took one
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
        start const started(subject);
        context.restart();
        while (started.times == 0)
            context.run_one();
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        ready = !started.failure;
        BOOST_TEST((ready || contains(started.words(), "Too many open files")), started.words());
        BOOST_REQUIRE(more < 100U);
        run();
        BOOST_TEST(no_child_is_left());
    }
    BOOST_TEST(settled_descriptors() == descriptors);
}

BOOST_AUTO_TEST_SUITE_END()
