// The log of a daemon: what it writes, suppresses and drops.
#include "daemon/log/logger.hpp"
#include "daemon/log/rate_limit.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using namespace coqmp_daemon;
using namespace std::chrono_literals;
using lines = std::vector<std::string>;

namespace {

constexpr rate_limit::time_point begin{1000h};

rate_limit_options two_in_a_second()
{
    rate_limit_options result;
    result.lines = 2;
    result.interval = 1s;
    return result;
}

/// How many of so many lines are admitted.
int admitted(rate_limit& limit, std::string_view source, int count, rate_limit::time_point now)
{
    int result = 0;
    for (; count > 0; --count)
        result += limit.admit(source, now) ? 1 : 0;
    return result;
}

/// `SOURCE: COUNT` for each.
lines suppressed(rate_limit& limit, rate_limit::time_point now)
{
    lines result;
    for (rate_limit::suppression const& each : limit.take_suppressions(now))
        result.push_back(each.source + ": " + std::to_string(each.lines));
    return result;
}

/// A logger with a clock that stands still, and an output that can be full.
struct fixture
{
    logger_options options()
    {
        logger_options result;
        result.style = {log_style::layout::bare, true, false};
        result.rate = two_in_a_second();
        result.steady_now = [this] { return now; };
        result.now = [] { return std::chrono::system_clock::time_point(); };
        result.write = [this](std::string_view line) {
            if (!is_full)
                written.emplace_back(line);
            return !is_full;
        };
        return result;
    }

    lines take()
    {
        lines result;
        result.swap(written);
        return result;
    }

    boost::asio::io_context context;
    rate_limit::time_point now = begin;
    bool is_full = false;
    lines written;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limits, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_source_has_so_many_lines_in_each_interval)
{
    rate_limit limit(two_in_a_second());
    BOOST_TEST(admitted(limit, "a", 5, begin) == 2);
    BOOST_TEST(admitted(limit, "a", 1, begin + 999ms) == 0);
    BOOST_TEST(suppressed(limit, begin + 999ms) == lines(), boost::test_tools::per_element());
    BOOST_TEST(suppressed(limit, begin + 1s) == lines{"a: 4"}, boost::test_tools::per_element());
    BOOST_TEST(suppressed(limit, begin + 1s) == lines(), boost::test_tools::per_element());
    BOOST_TEST(admitted(limit, "a", 3, begin + 1s) == 2);
}

BOOST_AUTO_TEST_CASE(one_source_does_not_suppress_another)
{
    rate_limit limit(two_in_a_second());
    BOOST_TEST(admitted(limit, "a", 1000, begin) == 2);
    BOOST_TEST(admitted(limit, "b", 2, begin + 500ms) == 2);
    BOOST_TEST(admitted(limit, "b", 7, begin + 500ms) == 0);
    BOOST_TEST(suppressed(limit, begin + 1s) == lines{"a: 998"}, boost::test_tools::per_element());
    BOOST_TEST((limit.next_suppression() == begin + 1500ms));
    BOOST_TEST(suppressed(limit, begin + 1500ms) == lines{"b: 7"}, boost::test_tools::per_element());
    BOOST_TEST(!limit.next_suppression());
}

BOOST_AUTO_TEST_CASE(an_interval_begins_with_the_first_line)
{
    rate_limit limit(two_in_a_second());
    BOOST_TEST(admitted(limit, "a", 1, begin) == 1);
    BOOST_TEST(admitted(limit, "a", 9, begin + 1s) == 2);  // the next interval
    BOOST_TEST((limit.next_suppression() == begin + 2s));
}

BOOST_AUTO_TEST_CASE(more_sources_than_are_counted_share_one_limit)
{
    rate_limit_options options = two_in_a_second();
    options.sources = 2;
    rate_limit limit(options);
    BOOST_TEST(admitted(limit, "a", 1, begin) == 1);
    BOOST_TEST(admitted(limit, "b", 3, begin) == 2);
    BOOST_TEST(admitted(limit, "c", 1, begin) == 1);
    BOOST_TEST(admitted(limit, "d", 2, begin) == 1);
    BOOST_TEST(admitted(limit, "a", 1, begin) == 1);
    BOOST_TEST(suppressed(limit, begin + 1s) == (lines{"b: 1", ": 1"}), boost::test_tools::per_element());
    // A source that is quiet for an interval makes room.
    BOOST_TEST(admitted(limit, "c", 2, begin + 1s) == 2);
    BOOST_TEST(admitted(limit, "d", 2, begin + 1s) == 2);
}

BOOST_AUTO_TEST_CASE(a_limit_of_zero_admits_everything)
{
    rate_limit_options options;
    options.lines = 0;
    rate_limit limit(options);
    BOOST_TEST(admitted(limit, "a", 1000, begin) == 1000);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(loggers, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_line_that_is_not_important_enough_is_not_written)
{
    logger log(context.get_executor(), options());
    log.write(log_priority::debug, "a");
    log.write(log_priority::info, "b");
    log.write(log_priority::error, "vm1", "c");
    BOOST_TEST(take() == (lines{"<6>b\n", "<3>vm1: c\n"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_line_says_how_many_lines_of_a_source_were_suppressed)
{
    logger log(context.get_executor(), options());
    for (int count = 0; count < 5; ++count)
        log.write(log_priority::info, "vm1", "again");
    BOOST_TEST(take() == (lines{"<6>vm1: again\n", "<6>vm1: again\n"}), boost::test_tools::per_element());
    now += 1s;
    log.write(log_priority::info, "vm2", "hello");
    BOOST_TEST(take() == (lines{"<4>vm1: 3 lines were suppressed: there were too many\n", "<6>vm2: hello\n"}),
               boost::test_tools::per_element());
    log.write(log_priority::info, "vm1", "again");
    BOOST_TEST(take() == lines{"<6>vm1: again\n"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_daemons_own_lines_are_never_suppressed)
{
    logger log(context.get_executor(), options());
    for (int count = 0; count < 100; ++count)
        log.write(log_priority::info, "mine");
    BOOST_TEST(take().size() == 100U);
}

BOOST_AUTO_TEST_CASE(sources_that_share_a_limit_are_reported_without_a_name)
{
    logger_options shared = options();
    shared.rate.sources = 0;
    logger log(context.get_executor(), shared);
    for (int count = 0; count < 3; ++count)
        log.write(log_priority::info, "vm" + std::to_string(count), "x");
    now += 1s;
    log.write(log_priority::info, "y");
    BOOST_TEST(take() == (lines{"<6>vm0: x\n", "<6>vm1: x\n", "<4>1 line of other sources was suppressed: there were too many\n",
                                "<6>y\n"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_source_that_falls_silent_after_a_flood_is_reported_by_a_timer)
{
    logger_options real_clock = options();
    real_clock.rate.interval = 1ms;
    real_clock.rate.lines = 1;
    real_clock.steady_now = std::chrono::steady_clock::now;
    logger log(context.get_executor(), real_clock);
    // Two lines within a millisecond, however slow this machine is at the moment.
    std::size_t suppressed_lines = 0;
    for (std::size_t count = 1; suppressed_lines == 0; ++count) {
        log.write(log_priority::info, "vm1", "again");
        suppressed_lines = count - written.size();
    }
    context.run();
    BOOST_TEST(written.back() == "<4>vm1: 1 line was suppressed: there were too many\n");
}

BOOST_AUTO_TEST_CASE(what_was_suppressed_is_reported_at_the_end)
{
    {
        logger log(context.get_executor(), options());
        for (int count = 0; count < 4; ++count)
            log.write(log_priority::info, "vm1", "again");
        take();
    }
    BOOST_TEST(take() == lines{"<4>vm1: 2 lines were suppressed: there were too many\n"}, boost::test_tools::per_element());
    context.run();  // the timer's handler touches nothing
}

BOOST_AUTO_TEST_CASE(lines_that_are_not_accepted_are_counted_and_reported)
{
    logger log(context.get_executor(), options());
    log.write(log_priority::info, "a");
    is_full = true;
    log.write(log_priority::info, "b");
    is_full = false;
    log.write(log_priority::info, "c");
    is_full = true;
    log.write(log_priority::info, "d");
    log.write(log_priority::info, "e");
    is_full = false;
    log.write(log_priority::info, "f");
    BOOST_TEST(take() == (lines{"<6>a\n", "<4>1 line of this log could not be written and is missing here\n", "<6>c\n",
                                "<4>2 lines of this log could not be written and are missing here\n", "<6>f\n"}),
               boost::test_tools::per_element());
    BOOST_TEST(log.dropped() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
