// When a reconnecting session tries again.
#include "supervision/backoff_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <utility>
#include <vector>

using coqmp::reconnect_options;
using coqmp::detail::backoff_plan;
using namespace std::chrono_literals;

namespace {

using time_point = backoff_plan::clock::time_point;
constexpr time_point begin{1000h};
constexpr std::uint64_t lowest = 0;
constexpr std::uint64_t highest = std::numeric_limits<std::uint64_t>::max();

reconnect_options without_jitter(std::chrono::nanoseconds first, std::chrono::nanoseconds longest)
{
    reconnect_options options;
    options.first_pause = first;
    options.longest_pause = longest;
    options.jitter = 0;
    return options;
}

/// The pauses in milliseconds after so many failures; -1: it gives up.
std::vector<long> failures(backoff_plan& plan, int count, std::uint64_t random = lowest)
{
    std::vector<long> result;
    for (; count > 0; --count) {
        auto const pause = plan.ended(begin, random);
        result.push_back(pause ? std::chrono::duration_cast<std::chrono::milliseconds>(*pause).count() : -1);
    }
    return result;
}

/// What the plan must say, computed from the whole history and not step by step.
class history
{
public:
    explicit history(reconnect_options options) : options_(std::move(options)) {}

    void connected(time_point now) { connected_ = now; }

    std::optional<std::chrono::nanoseconds> ended(time_point now, std::uint64_t random)
    {
        if (connected_ && now - *connected_ >= options_.stable_after) {
            pauses_ = 0;
            failed_ = 0;
        } else {
            ++failed_;
        }
        connected_.reset();
        if (options_.most_attempts != 0 && failed_ >= options_.most_attempts)
            return std::nullopt;
        double const first = std::max<double>(static_cast<double>(options_.first_pause.count()), 1e6);
        double const longest = std::max(first, static_cast<double>(options_.longest_pause.count()));
        double const whole = std::min(longest, first * std::pow(2.0, static_cast<double>(pauses_++)));
        double const fraction = static_cast<double>(random) / 0x1p64;
        double const jitter = std::clamp(options_.jitter, 0.0, 1.0);
        return std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(1e6, whole * (1 - jitter * fraction))));
    }

private:
    reconnect_options options_;
    std::optional<time_point> connected_;
    std::size_t pauses_ = 0;
    std::size_t failed_ = 0;
};

/// Options of any kind, also senseless ones.
reconnect_options any_options(std::mt19937_64& random)
{
    auto const any_of = [&random](std::vector<std::chrono::nanoseconds> const& all) { return all[random() % all.size()]; };
    reconnect_options options;
    options.first_pause = any_of({-1s, 0ns, 1ms, 10ms, 100ms, 7s, 1h});
    options.longest_pause = any_of({-1s, 0ns, 1ms, 999ms, 30s, 24h});
    options.stable_after = any_of({0ns, 1s, 10s, 1h});
    options.jitter = std::vector{-1.0, 0.0, 0.25, 0.5, 1.0, 17.0}[random() % 6];
    options.most_attempts = random() % 4 == 0 ? random() % 10 : 0;
    return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_backoff_plan)

BOOST_AUTO_TEST_CASE(doubles_each_pause_up_to_the_longest)
{
    backoff_plan plan(without_jitter(100ms, 1s));
    BOOST_TEST(failures(plan, 7) == (std::vector<long>{100, 200, 400, 800, 1000, 1000, 1000}), boost::test_tools::per_element());
    BOOST_TEST(plan.failures() == 7U);
}

BOOST_AUTO_TEST_CASE(shortens_each_pause_at_random)
{
    reconnect_options options = without_jitter(100ms, 1s);
    options.jitter = 0.5;
    backoff_plan longest(options);
    BOOST_TEST(failures(longest, 3, lowest) == (std::vector<long>{100, 200, 400}), boost::test_tools::per_element());
    backoff_plan shortest(options);
    BOOST_TEST(failures(shortest, 3, highest) == (std::vector<long>{50, 100, 200}), boost::test_tools::per_element());
    backoff_plan middle(options);
    BOOST_TEST(failures(middle, 3, highest / 2) == (std::vector<long>{75, 150, 300}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(never_tries_again_without_a_pause)
{
    reconnect_options options = without_jitter(0s, -1s);
    options.jitter = 1;
    backoff_plan plan(options);
    BOOST_TEST(failures(plan, 3, highest) == (std::vector<long>{1, 1, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(begins_again_after_a_connection_that_lasted)
{
    backoff_plan plan(without_jitter(100ms, 30s));
    failures(plan, 5);
    plan.connected(begin);
    BOOST_TEST((plan.ended(begin + 10s, lowest) == 100ms));
    BOOST_TEST(plan.failures() == 0U);
    BOOST_TEST((plan.ended(begin + 11s, lowest) == 200ms));
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_connection_that_did_not_last)
{
    backoff_plan plan(without_jitter(100ms, 30s));
    for (auto const pause : {100ms, 200ms, 400ms, 800ms}) {
        plan.connected(begin);
        BOOST_TEST((plan.ended(begin + 9999ms, lowest) == pause));
    }
}

BOOST_AUTO_TEST_CASE(gives_up_after_so_many_failures_in_a_row)
{
    reconnect_options options = without_jitter(100ms, 30s);
    options.most_attempts = 3;
    backoff_plan plan(options);
    BOOST_TEST(failures(plan, 2) == (std::vector<long>{100, 200}), boost::test_tools::per_element());
    plan.connected(begin);
    BOOST_TEST((plan.ended(begin + 1h, lowest) == 100ms));
    BOOST_TEST(failures(plan, 3) == (std::vector<long>{200, 400, -1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(takes_options_of_any_kind)
{
    reconnect_options options = without_jitter(std::chrono::nanoseconds::max(), std::chrono::nanoseconds::max());
    options.jitter = std::numeric_limits<double>::quiet_NaN();
    backoff_plan plan(options);
    for (int count = 0; count < 3; ++count)
        BOOST_TEST((plan.ended(begin, highest) == std::chrono::nanoseconds::max()));
}

BOOST_AUTO_TEST_CASE(agrees_with_the_whole_history)
{
    std::mt19937_64 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same history in each run
    for (int run = 0; run < 500; ++run) {
        auto const options = any_options(random);
        backoff_plan plan(options);
        history model(options);
        time_point now = begin;
        for (int step = 0; step < 60; ++step) {
            if (random() % 3 == 0) {
                plan.connected(now);
                model.connected(now);
                now += std::chrono::milliseconds(random() % 20'000);
            }
            std::uint64_t const number = random();
            auto const said = plan.ended(now, number);
            auto const expected = model.ended(now, number);
            BOOST_REQUIRE(said.has_value() == expected.has_value());
            if (!said)
                break;
            // The model rounds differently.
            BOOST_REQUIRE_SMALL(static_cast<double>((*said - *expected).count()),
                                1e-9 * static_cast<double>(expected->count()) + 2);
            BOOST_REQUIRE(*said >= backoff_plan::shortest_pause);
            now += *said;
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
