// Functions that block run beside the event loop, and one that hangs delays nothing.
#include "daemon/blocking_calls.hpp"

#include "daemon/run_to_end.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

using namespace coqmp_daemon;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Holds a function until the end of the test.
class obstacle
{
public:
    obstacle() = default;
    obstacle(obstacle const&) = delete;
    obstacle& operator=(obstacle const&) = delete;
    ~obstacle() { removed_.set_value(); }

    /// @return a function that waits
    [[nodiscard]] auto wait() const
    {
        return [gone = gone_] { gone.wait(); };
    }

private:
    std::promise<void> removed_;
    std::shared_future<void> gone_ = removed_.get_future().share();
};

asio::awaitable<std::string> read(blocking_calls& calls)
{
    auto const read_text = [] { return std::string("text"); };
    co_return co_await calls.run(read_text);
}

asio::awaitable<std::string> fail(blocking_calls& calls)
{
    auto const throw_error = []() -> std::string { throw std::runtime_error("no such file"); };
    co_return co_await calls.run(throw_error);
}

asio::awaitable<bool> is_called_elsewhere(blocking_calls& calls)
{
    auto const ours = std::this_thread::get_id();
    auto const get_id = [] { return std::this_thread::get_id(); };
    std::thread::id const its = co_await calls.run(get_id);
    co_return its != ours;
}

asio::awaitable<void> hang(blocking_calls& calls, obstacle const& way)
{
    auto blocked = [wait = way.wait()] {
        wait();
        return 0;
    };
    (void)co_await calls.run(std::move(blocked));
    BOOST_ERROR("it was resumed");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(blocking_functions, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(return_a_value_or_throw)
{
    asio::io_context context(1);
    blocking_calls calls(context.get_executor());
    BOOST_TEST(run_to_end(context, read(calls)) == "text");
    context.restart();
    BOOST_CHECK_THROW((void)run_to_end(context, fail(calls)), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(run_on_another_thread)
{
    asio::io_context context(1);
    blocking_calls calls(context.get_executor());
    BOOST_TEST(run_to_end(context, is_called_elsewhere(calls)));
}

BOOST_AUTO_TEST_CASE(that_hang_delay_no_other_function_and_no_end)
{
    obstacle const way;
    asio::io_context context(1);
    blocking_calls calls(context.get_executor());
    asio::co_spawn(context, hang(calls, way), asio::detached);
    BOOST_TEST(run_to_end(context, read(calls)) == "text");
}

BOOST_AUTO_TEST_CASE(that_return_after_the_end_are_harmless)
{
    std::optional<obstacle> way(std::in_place);
    {
        asio::io_context context(1);
        blocking_calls calls(context.get_executor());
        asio::co_spawn(context, hang(calls, *way), asio::detached);
        BOOST_TEST(run_to_end(context, read(calls)) == "text");
    }
    way.reset();
}

BOOST_AUTO_TEST_CASE(that_return_in_time_are_waited_for)
{
    auto const result = std::make_shared<int>(0);
    BOOST_TEST(call_within(24h, [result] { *result = 1; }));
    BOOST_TEST(*result == 1);
}

BOOST_AUTO_TEST_CASE(that_do_not_return_are_left_behind)
{
    obstacle const way;
    BOOST_TEST(!call_within(0ms, way.wait()));
}

BOOST_AUTO_TEST_SUITE_END()
