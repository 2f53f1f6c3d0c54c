// A daemon reads its configuration again when it is asked to, and ends even if that takes forever.
#include "daemon/request_loop.hpp"

#include "daemon/configuration/problem_list.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace coqmp_daemon;
namespace asio = boost::asio;

namespace {

/// A daemon without a service manager, whose reload lasts until it is told to go on.
struct fixture
{
    fixture() { asio::co_spawn(context, loop.run(), asio::detached); }

    [[nodiscard]] logger_options into_text()
    {
        logger_options result;
        result.write = [this](std::string_view line) {
            lines += line;
            return true;
        };
        return result;
    }

    asio::awaitable<void> reload()
    {
        ++reloads;
        if (problem == "usage")
            throw configuration_error({"file:1: wrong"});
        if (!problem.empty())
            throw std::runtime_error(problem);
        boost::system::error_code ignored;
        if (is_slow)
            co_await file.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    /// Sends this process a signal, and lets the loop see it.
    void receive(int number)
    {
        ::raise(number);
        settle();
    }
    void settle()
    {
        context.restart();
        context.poll();
    }
    [[nodiscard]] bool has(std::string_view text) const { return lines.find(text) != std::string::npos; }

    asio::io_context context{1};
    std::string lines;
    logger log{context.get_executor(), into_text()};
    service_state state{service_environment(), log};
    asio::steady_timer file{context, asio::steady_timer::time_point::max()};
    bool is_slow = false;
    std::string problem;
    int reloads = 0;
    int ends = 0;
    request_loop loop{context.get_executor(), state, log, {[this] { return reload(); }, [this] { ++ends; }}};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(requests_to_a_daemon, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(sighup_reads_the_configuration_again)
{
    settle();
    receive(SIGHUP);
    BOOST_TEST(reloads == 1);
    BOOST_TEST(has("reloaded"));
    receive(SIGHUP);
    BOOST_TEST(reloads == 2);
}

BOOST_AUTO_TEST_CASE(a_reload_that_fails_is_reported)
{
    settle();
    for (char const* const each : {"usage", "no such file"}) {
        problem = each;
        receive(SIGHUP);
    }
    BOOST_TEST(reloads == 2);
    BOOST_TEST(has("file:1: wrong"));
    BOOST_TEST(has("no such file"));
    BOOST_TEST(has("the configuration was not reloaded: the old one stays"));
    problem.clear();
    receive(SIGHUP);
    BOOST_TEST(has("reloaded"));
}

BOOST_AUTO_TEST_CASE(reloads_that_are_asked_for_meanwhile_are_one)
{
    settle();
    is_slow = true;
    for (int count = 0; count < 3; ++count)
        receive(SIGHUP);
    BOOST_TEST(reloads == 1);
    file.cancel();
    settle();
    BOOST_TEST(reloads == 2);
    file.cancel();
    settle();
    BOOST_TEST(reloads == 2);
}

BOOST_AUTO_TEST_CASE(sigterm_ends_a_reload)
{
    settle();
    is_slow = true;
    receive(SIGHUP);
    receive(SIGTERM);
    BOOST_TEST(ends == 1);
    BOOST_TEST(loop.is_ending());
    BOOST_TEST(has("ending, because a signal asked for it"));
    file.cancel();
    settle();
    BOOST_TEST(!has("reloaded"));
}

BOOST_AUTO_TEST_CASE(no_reload_follows_a_request_to_end)
{
    settle();
    is_slow = true;
    receive(SIGHUP);
    receive(SIGHUP);
    receive(SIGTERM);
    file.cancel();
    settle();
    BOOST_TEST(reloads == 1);
}

BOOST_AUTO_TEST_SUITE_END()
