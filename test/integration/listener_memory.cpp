// A listener without memory: an accept completes once, with its connection or with an error, and the next one gets the next
// connection.
#include "support/open_descriptors.hpp"
#include "support/run.hpp"
#include "support/scarce_memory.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/listener.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <new>

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using boost::system::error_code;
using namespace coqmp::test;
using coqmp::errc;
using coqmp::listener;

namespace {

struct fixture
{
    using stream = asio::local::stream_protocol;

    asio::io_context context{1};
    temporary_directory directory;
    stream::endpoint address{(directory.path() / "monitor").string()};

    listener listen(bool names_a_process)
    {
        coqmp::listener_options options;
        options.session.negotiate = false;
        if (names_a_process)
            options.peer_process = ::getpid();
        return listener(context.get_executor(), coqmp::endpoint::unix_socket(address.path()), options);
    }

    stream::socket connect()
    {
        stream::socket visitor(context);
        visitor.connect(address);
        return visitor;
    }
};

struct acceptance
{
    int times = 0;
    error_code error;

    auto handler()
    {
        return [this](error_code code, coqmp::session const&) {
            ++times;
            error = code;
        };
    }
};

/// Runs handlers that are ready while there is memory for this many allocations. @return whether an allocation failed
bool run_poor(asio::io_context& context, std::size_t allocations)
{
    constexpr int most = 100;  // without memory the listener tries again and again
    scarce_memory const scarce(allocations);
    context.restart();
    for (int handlers = 0; handlers < most && context.poll_one() != 0; ++handlers)
        continue;
    return scarce.has_failed();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listener_memory, fixture, *boost::unit_test::timeout(100))

BOOST_DATA_TEST_CASE(an_accept_completes_once_wherever_the_memory_ends, data::make({false, true}), names_a_process)
{
    static_cast<void>(listen(names_a_process));  // gives the context its own descriptors
    std::size_t const before = open_descriptors();
    std::size_t accepted = 0;
    std::size_t allocations = 0;
    for (bool failed = true; failed; ++allocations) {
        BOOST_TEST_CONTEXT("memory for " << allocations << " allocations")
        {
            listener door = listen(names_a_process);
            acceptance first;
            door.async_accept(first.handler());
            auto const visitor = connect();
            failed = run_poor(context, allocations);
            context.restart();
            context.run_for(time_limit);
            BOOST_TEST(first.times == 1);
            BOOST_TEST((!first.error || first.error == errc::out_of_memory), first.error.message());
            BOOST_TEST(door.refused() == 0U);
            accepted += first.error ? 0 : 1;
        }
    }
    BOOST_TEST(allocations > 3U);
    BOOST_TEST(accepted > 0U);
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(starting_an_accept_throws_or_it_completes_once_wherever_the_memory_ends)
{
    listener door = listen(false);
    std::size_t throws = 0;
    bool failed = true;
    for (std::size_t allocations = 0; failed; ++allocations) {
        BOOST_TEST_CONTEXT("memory for " << allocations << " allocations")
        {
            acceptance one;
            {
                scarce_memory const scarce(allocations);
                failed = false;
                try {
                    door.async_accept(one.handler());
                } catch (std::bad_alloc const&) {
                    failed = true;
                }
            }
            acceptance next;
            door.async_accept(next.handler());
            auto const visitor = connect();
            auto const other = connect();
            context.restart();
            while (next.times == 0 && context.run_one_for(time_limit) != 0)
                continue;
            context.restart();
            context.poll();
            BOOST_TEST(one.times == (failed ? 0 : 1));
            BOOST_TEST(next.times == 1);
            BOOST_TEST(!next.error);
            throws += failed ? 1 : 0;
            if (failed) {  // the other visitor is still in the kernel's queue
                acceptance last;
                door.async_accept(last.handler());
                context.restart();
                context.run_for(time_limit);
                BOOST_TEST(last.times == 1);
            }
        }
    }
    BOOST_TEST(throws > 3U);
}

BOOST_AUTO_TEST_CASE(closing_it_needs_no_memory)
{
    listener door = listen(false);
    acceptance first;
    acceptance second;
    door.async_accept(first.handler());
    door.async_accept(second.handler());
    context.poll();
    {
        scarce_memory const none(0);
        door.close();
    }
    run_poor(context, 0);
    for (acceptance const* each : {&first, &second}) {
        BOOST_TEST(each->times == 1);
        BOOST_TEST(each->error == asio::error::operation_aborted);
    }
}

BOOST_AUTO_TEST_SUITE_END()
