// The start of a machine without memory: it throws and never completes, or completes once, and leaves nothing behind.
#include "support/completion.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/scarce_memory.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <exception>
#include <new>
#include <optional>

namespace asio = boost::asio;
using namespace coqmp::test;
using coqmp::errc;
using coqmp::listener;
using coqmp::machine;

namespace {

/// A start of a program that ends at once, in a handler of the machine's context.
struct attempt
{
    machine subject;
    bool threw = false;
    int completions = 0;
    std::exception_ptr failure;

    explicit attempt(asio::io_context& context) : subject(context.get_executor(), script("exit 0")) {}

    template <class... Listener>
    void start(asio::io_context& context, std::size_t allocations, Listener&... door)
    {
        auto const handler = [this](std::exception_ptr why) {
            ++completions;
            failure = std::move(why);
        };
        asio::post(context, [&, allocations] {
            scarce_memory const scarce(allocations);
            try {
                subject.async_start(door..., handler);
            } catch (std::bad_alloc const&) {
                threw = true;
            }
        });
    }

    [[nodiscard]] bool is_out_of_memory() const
    {
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (coqmp::start_failed const& error) {
            return error.code() == errc::out_of_memory;
        }
        return false;
    }
};

void run_out(asio::io_context& context)
{
    context.restart();
    context.run_for(time_limit);
    BOOST_TEST(context.stopped(), "something that the test started has not ended");
}

/// Starts with memory for ever more allocations. @return with how many a start was not short of it
template <class... Listener>
std::size_t start_until_there_is_enough(asio::io_context& machines, asio::io_context& listeners, Listener&... door)
{
    std::size_t allocations = 0;
    for (bool failed = true; failed; ++allocations) {
        BOOST_TEST_CONTEXT("memory for " << allocations << " allocations")
        {
            attempt now(machines);
            now.start(machines, allocations, door...);
            run_out(machines);
            run_out(listeners);
            BOOST_TEST(now.completions == (now.threw ? 0 : 1));
            failed = now.threw || now.is_out_of_memory();
        }
    }
    return allocations;
}

struct fixture
{
    asio::io_context machines{1};
    asio::io_context listeners{1};
    temporary_directory directory;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(launch_memory, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_start_throws_or_completes_once_wherever_the_memory_ends)
{
    BOOST_TEST(start_until_there_is_enough(machines, listeners) > 10U);
    await_no_child();
}

BOOST_AUTO_TEST_CASE(destroying_a_machine_needs_no_memory)
{
    auto subject = std::make_optional<machine>(machines.get_executor(), script("exec sleep 1000"));
    completion<> started(machines.get_executor());
    coqmp::start_diagnostics diagnostics;
    subject->async_start(diagnostics, started.token());
    while (subject->pid() < 0)
        BOOST_REQUIRE(machines.run_one() == 1U);
    {
        scarce_memory const none(0);
        subject.reset();
    }
    run_out(machines);
    BOOST_TEST(started.error() == asio::error::operation_aborted);
    await_no_child();
}

BOOST_AUTO_TEST_CASE(a_start_through_a_listener_throws_or_completes_once_and_leaves_no_accept)
{
    listener door(listeners.get_executor(), coqmp::endpoint::unix_socket(directory.path() / "monitor"));
    BOOST_TEST(start_until_there_is_enough(machines, listeners, door) > 20U);
    await_no_child();
}

BOOST_AUTO_TEST_SUITE_END()
