// What a daemon does at the same time, and which reason ends it.
#include "daemon/service_tasks.hpp"

#include "daemon/run_to_end.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>
#include <stdexcept>
#include <string>

using namespace coqmp_daemon;
namespace asio = boost::asio;

namespace {

asio::awaitable<void> succeed()
{
    co_return;
}

asio::awaitable<void> fail(char const* why)
{
    throw std::runtime_error(why);
    co_return;
}

asio::awaitable<void> end(service_tasks& tasks, exit_code status)
{
    tasks.finish(status);
    co_return;
}

struct fixture
{
    asio::io_context context{1};
    service_tasks tasks{context.get_executor()};

    exit_code wait()
    {
        context.restart();
        return run_to_end(context, tasks.wait());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tasks_of_a_service, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_task_that_returns_ends_nothing)
{
    tasks.spawn(succeed());
    context.run();
    BOOST_TEST(!tasks.is_finished());
}

BOOST_AUTO_TEST_CASE(the_first_reason_to_end_decides)
{
    tasks.spawn(end(tasks, exit_code::success));
    tasks.spawn(fail("too late"));
    BOOST_TEST((wait() == exit_code::success));
    BOOST_TEST(tasks.is_finished());
}

BOOST_AUTO_TEST_CASE(a_task_that_fails_is_a_reason_to_end)
{
    tasks.spawn(succeed());
    tasks.spawn(fail("first"));
    tasks.spawn(fail("second"));
    BOOST_TEST((wait() == exit_code::failure));
    BOOST_REQUIRE(tasks.failure() != nullptr);
    try {
        std::rethrow_exception(tasks.failure());
    } catch (std::runtime_error const& failure) {
        BOOST_TEST(failure.what() == std::string("first"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
