// Which step of a shutdown is taken when.
#include "supervision/shutdown_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <vector>

using coqmp::shutdown_options;
using coqmp::shutdown_step;
using coqmp::detail::shutdown_plan;
using namespace std::chrono_literals;

namespace {

using time_point = shutdown_plan::clock::time_point;
constexpr time_point begin{1000h};
constexpr time_point never = time_point::max();

/// When each step begins if none works, in milliseconds after the beginning; -1: never reached.
std::vector<long> steps(shutdown_plan plan)
{
    std::vector<long> result(5, -1);
    time_point now = begin;
    for (;;) {
        result[static_cast<std::size_t>(plan.step())] =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count();
        if (plan.end_of_step() == never)
            return result;
        now = plan.end_of_step();
        BOOST_REQUIRE(plan.expire(now));
    }
}

std::vector<long> steps(shutdown_options const& options)
{
    return steps(shutdown_plan(options, begin));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_shutdown)

BOOST_AUTO_TEST_CASE(takes_its_steps_within_the_budget)
{
    BOOST_TEST(steps(shutdown_options(8s)) == (std::vector<long>{-1, 0, 4000, 5000, 6000}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(kills_at_once_when_nothing_is_left_of_the_budget)
{
    BOOST_TEST(steps(shutdown_options(-1ns)) == (std::vector<long>{-1, -1, -1, -1, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(waits_forever_without_a_budget)
{
    BOOST_TEST(steps(shutdown_options(0s)) == (std::vector<long>{-1, 0, -1, -1, -1}), boost::test_tools::per_element());
    BOOST_TEST((shutdown_plan(shutdown_options(std::chrono::nanoseconds::max()), begin).end_of_step() < never));
}

BOOST_AUTO_TEST_CASE(may_begin_without_the_guest)
{
    shutdown_options options(8s);
    options.ask_guest = coqmp::ask_guest::no;
    // The shares are the same points in time.
    BOOST_TEST(steps(options) == (std::vector<long>{-1, -1, 0, 5000, 6000}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gives_each_step_its_time)
{
    shutdown_options options(80s);
    options.guest_time = 60s;
    options.quit_time = 2s;
    options.terminate_time = 3s;
    BOOST_TEST(steps(options) == (std::vector<long>{-1, 0, 60'000, 62'000, 65'000}), boost::test_tools::per_element());
    options.budget = 0s;
    BOOST_TEST(steps(options) == (std::vector<long>{-1, 0, 60'000, 62'000, 65'000}), boost::test_tools::per_element());
    options.budget = 16s;  // SIGKILL must come at seven eighths at the latest
    BOOST_TEST(steps(options) == (std::vector<long>{-1, 0, -1, -1, 14'000}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_limit_one_step_without_a_budget)
{
    shutdown_options options(0s);
    options.guest_time = 5s;
    BOOST_TEST(steps(options) == (std::vector<long>{-1, 0, 5000, -1, -1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(presses_the_power_button_again)
{
    shutdown_options options(80s);
    options.repeat = 10s;
    shutdown_plan plan(options, begin);
    BOOST_TEST(!plan.press(begin + 9s));
    for (int time = 10; time < 40; time += 10) {
        BOOST_TEST((plan.next_time() == begin + std::chrono::seconds(time)));
        BOOST_TEST(!plan.expire(plan.next_time()));
        BOOST_TEST(plan.press(plan.next_time()));
        BOOST_TEST(!plan.press(begin + std::chrono::seconds(time)));
    }
    BOOST_TEST((plan.next_time() == begin + 40s));
    BOOST_TEST(plan.expire(begin + 40s));
    BOOST_TEST(!plan.press(begin + 41s));
}

BOOST_AUTO_TEST_CASE(presses_the_power_button_once_if_it_must_not_repeat)
{
    shutdown_options options(0s);
    options.repeat = 0s;
    shutdown_plan const plan(options, begin);
    BOOST_TEST((plan.next_time() == never));
}

BOOST_AUTO_TEST_CASE(is_hurried_and_never_delayed)
{
    shutdown_plan plan(shutdown_options(80s), begin);
    plan.hurry(shutdown_options(800s), begin);
    BOOST_TEST(steps(plan) == steps(shutdown_options(80s)), boost::test_tools::per_element());
    plan.hurry(shutdown_options(8s), begin);
    BOOST_TEST(steps(plan) == steps(shutdown_options(8s)), boost::test_tools::per_element());
    plan.hurry(shutdown_options(-1s), begin);
    BOOST_TEST((plan.step() == shutdown_step::kill));
    BOOST_TEST((plan.next_time() == never));
}

BOOST_AUTO_TEST_CASE(does_not_go_back_when_it_is_hurried)
{
    shutdown_plan plan(shutdown_options(80s), begin);
    plan.advance();
    plan.hurry(shutdown_options(8s), begin);
    BOOST_TEST((plan.step() == shutdown_step::quit));
    BOOST_TEST((plan.end_of_step() == begin + 5s));
}

BOOST_AUTO_TEST_CASE(skips_steps_whose_time_is_over)
{
    shutdown_plan plan(shutdown_options(8s), begin);
    BOOST_TEST(plan.expire(begin + 5500ms));
    BOOST_TEST((plan.step() == shutdown_step::terminate));
    BOOST_TEST(!plan.expire(begin + 5600ms));
    BOOST_TEST(plan.expire(begin + 100s));
    BOOST_TEST((plan.step() == shutdown_step::kill));
    BOOST_TEST(!plan.expire(begin + 200s));
    plan.advance();
    BOOST_TEST((plan.step() == shutdown_step::kill));
}

BOOST_AUTO_TEST_CASE(gives_all_steps_more_time_while_a_guest_writes_a_dump)
{
    auto const begin = shutdown_plan::clock::time_point() + std::chrono::hours(1);
    coqmp::shutdown_options options;
    options.budget = std::chrono::seconds(80);
    shutdown_plan plan(options, begin);
    BOOST_TEST((plan.end_of_step() == begin + std::chrono::seconds(40)));
    plan.extend(std::chrono::minutes(10), begin + std::chrono::seconds(5));
    BOOST_TEST((plan.end_of_step() == begin + std::chrono::seconds(640)));
    BOOST_TEST(!plan.press(begin + std::chrono::minutes(9)));
    BOOST_TEST(plan.press(begin + std::chrono::seconds(605)));
    plan.advance();
    BOOST_TEST((plan.end_of_step() == begin + std::chrono::seconds(650)));
}

BOOST_AUTO_TEST_SUITE_END()
