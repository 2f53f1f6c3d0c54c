// Many machines: in which order they start and are shut down, and how many start at a time.
#include "supervision/machine_order.hpp"

#include "supervision/shutdown_order.hpp"
#include "supervision/start_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace coqmp::detail;
using namespace std::chrono_literals;

namespace coqmp::detail {

// Found by argument-dependent lookup.
static std::ostream& operator<<(std::ostream& out, shutdown_order::step const& what)
{
    return out << what.name << " within " << std::chrono::duration_cast<std::chrono::seconds>(what.budget).count() << " s";
}

}  // namespace coqmp::detail

namespace {

using names = std::vector<std::string>;
using steps = std::vector<shutdown_order::step>;
using time_point = shutdown_order::clock::time_point;
constexpr time_point begin{1000h};

#define CHECK_EQUAL_LISTS(actual, ...) BOOST_TEST((actual) == (__VA_ARGS__), boost::test_tools::per_element())

/// So many machines, each after up to two others; sometimes in circles.
std::vector<ordered_machine> random_machines(std::mt19937& random, bool has_circles)
{
    std::vector<ordered_machine> all;
    auto const count = 1 + random() % 12;
    for (unsigned number = 0; number < count; ++number) {
        ordered_machine one{"vm" + std::to_string(number), {}};
        for (unsigned times = static_cast<unsigned>(random() % 3); times > 0; --times) {
            auto const limit = has_circles ? count : number;
            if (limit > 0)
                one.after.push_back("vm" + std::to_string(random() % limit));
        }
        all.push_back(one);
    }
    std::ranges::shuffle(all, random);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(many_machines)

BOOST_AUTO_TEST_CASE(start_after_those_that_they_need)
{
    start_queue queue(0);
    queue.request({"web", {"database", "router"}});
    queue.request({"database", {"router"}});
    queue.request({"router", {}});
    CHECK_EQUAL_LISTS(queue.next(), names{"router"});
    CHECK_EQUAL_LISTS(queue.next(), names{});
    queue.settled("router");
    CHECK_EQUAL_LISTS(queue.next(), names{"database"});
    queue.settled("database");
    CHECK_EQUAL_LISTS(queue.next(), names{"web"});
}

BOOST_AUTO_TEST_CASE(wait_for_one_whose_request_is_on_its_way)
{
    start_queue queue(0);
    queue.expect("database");
    queue.request({"web", {"database"}});
    CHECK_EQUAL_LISTS(queue.next(), names{});
    queue.request({"database", {}});
    CHECK_EQUAL_LISTS(queue.next(), names{"database"});
    queue.settled("database");
    CHECK_EQUAL_LISTS(queue.next(), names{"web"});
    queue.settled("web");

    queue.expect("database");
    queue.request({"web", {"database"}});
    BOOST_TEST(!queue.withdraw("database"));  // its wish could not be stored
    CHECK_EQUAL_LISTS(queue.next(), names{"web"});
}

BOOST_AUTO_TEST_CASE(do_not_wait_for_those_that_are_not_wanted)
{
    start_queue queue(0);
    queue.request({"web", {"database", "unheard-of", "web"}});
    CHECK_EQUAL_LISTS(queue.next(), names{"web"});
}

BOOST_AUTO_TEST_CASE(start_only_so_many_at_a_time)
{
    start_queue queue(2);
    for (char const* const name : {"a", "b", "c", "d"})
        queue.request({name, {}});
    CHECK_EQUAL_LISTS(queue.next(), names{"a", "b"});
    CHECK_EQUAL_LISTS(queue.next(), names{});
    queue.settled("b");
    CHECK_EQUAL_LISTS(queue.next(), names{"c"});
    queue.settled("a");
    queue.settled("c");
    CHECK_EQUAL_LISTS(queue.next(), names{"d"});
}

BOOST_AUTO_TEST_CASE(are_withdrawn_before_they_start)
{
    start_queue queue(1);
    queue.request({"a", {}});
    queue.request({"b", {"a"}});
    BOOST_TEST(queue.withdraw("a"));
    CHECK_EQUAL_LISTS(queue.next(), names{"b"});
    BOOST_TEST(!queue.withdraw("b"));
    BOOST_TEST(!queue.withdraw("c"));
    BOOST_TEST(queue.starting() == 1U);
    BOOST_TEST(queue.waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(in_a_circle_hold_up_nothing)
{
    start_queue queue(0);
    queue.request({"a", {"b"}});
    queue.request({"b", {"a"}});
    queue.request({"c", {"b"}});
    CHECK_EQUAL_LISTS(queue.next(), names{"a"});
    queue.settled("a");
    CHECK_EQUAL_LISTS(queue.next(), names{"b"});
    queue.settled("b");
    CHECK_EQUAL_LISTS(queue.next(), names{"c"});
}

BOOST_AUTO_TEST_CASE(in_a_circle_are_found)
{
    CHECK_EQUAL_LISTS(find_circle({{"a", {"b"}}, {"b", {"c"}}, {"c", {}}}), names{});
    CHECK_EQUAL_LISTS(find_circle({{"x", {"a"}}, {"a", {"b"}}, {"b", {"c", "a"}}, {"c", {}}}), names{"a", "b"});
    CHECK_EQUAL_LISTS(find_circle({{"a", {"a"}}}), names{"a"});
    CHECK_EQUAL_LISTS(find_circle({{"a", {"b"}}, {"c", {"d"}}}), names{});
    std::vector<ordered_machine> chain;
    for (int number = 0; number < 100000; ++number)
        chain.push_back({std::to_string(number), {std::to_string(number + 1)}});
    BOOST_TEST(find_circle(chain).empty());
    chain.back().after = {"0"};
    BOOST_TEST(find_circle(chain).size() == chain.size());
}

BOOST_AUTO_TEST_CASE(all_start_in_the_end_and_in_order)
{
    for (unsigned seed = 1; seed <= 500; ++seed) {
        std::mt19937 random(seed);
        bool const has_circles = seed % 4 == 0;
        auto const all = random_machines(random, has_circles);
        auto const most = static_cast<std::size_t>(random() % 4);
        start_queue queue(most);
        for (ordered_machine const& each : all)
            queue.request(each);
        std::set<std::string> settled;
        names starting;
        while (settled.size() < all.size()) {
            for (std::string const& name : queue.next()) {
                auto const& after = std::ranges::find(all, name, &ordered_machine::name)->after;
                bool const is_in_order = std::ranges::all_of(
                    after, [&](std::string const& other) { return other == name || settled.contains(other); });
                BOOST_REQUIRE_MESSAGE(is_in_order || has_circles, "seed " << seed << ": " << name);
                starting.push_back(name);
            }
            BOOST_REQUIRE_MESSAGE(!starting.empty(), "seed " << seed << ": nothing starts");
            BOOST_REQUIRE_MESSAGE(most == 0 || starting.size() <= most, "seed " << seed << ": too many start");
            auto const which = starting.begin() + static_cast<std::ptrdiff_t>(random() % starting.size());
            queue.settled(*which);
            settled.insert(*which);
            starting.erase(which);
        }
        BOOST_REQUIRE(queue.next().empty());
    }
}

BOOST_AUTO_TEST_CASE(end_before_those_that_they_need_and_share_one_budget)
{
    shutdown_order order({{"router", {}}, {"database", {"router"}}, {"web", {"database", "router"}}, {"alone", {}}}, 60s, begin);
    CHECK_EQUAL_LISTS(order.next(begin), (steps{{"web", 20s}, {"alone", 60s}}));
    CHECK_EQUAL_LISTS(order.next(begin + 1s), steps{});
    order.ended("web");
    CHECK_EQUAL_LISTS(order.next(begin + 10s), (steps{{"database", 25s}}));
    order.ended("database");
    CHECK_EQUAL_LISTS(order.next(begin + 20s), (steps{{"router", 40s}}));
    order.ended("router");
    BOOST_TEST(!order.is_over());
    order.ended("alone");
    BOOST_TEST(order.is_over());
}

BOOST_AUTO_TEST_CASE(that_do_not_end_hold_up_the_others_only_for_their_share)
{
    shutdown_order order({{"router", {}}, {"web", {"router"}}}, 60s, begin);
    CHECK_EQUAL_LISTS(order.next(begin), (steps{{"web", 30s}}));
    BOOST_TEST((order.next_time() == begin + 30s));
    CHECK_EQUAL_LISTS(order.next(begin + 30s), (steps{{"router", 30s}}));
    CHECK_EQUAL_LISTS(order.next(begin + 60s), steps{});
    BOOST_TEST(order.is_over());
}

BOOST_AUTO_TEST_CASE(have_no_time_left_after_the_budget)
{
    shutdown_order order({{"router", {}}, {"web", {"router"}}}, 60s, begin);
    CHECK_EQUAL_LISTS(order.next(begin), (steps{{"web", 30s}}));
    CHECK_EQUAL_LISTS(order.next(begin + 90s), (steps{{"router", -1ns}}));
}

BOOST_AUTO_TEST_CASE(can_have_all_the_time_or_none)
{
    shutdown_order patient({{"router", {}}, {"web", {"router"}}}, 0s, begin);
    CHECK_EQUAL_LISTS(patient.next(begin), (steps{{"web", 0s}}));
    BOOST_TEST((patient.next_time() == time_point::max()));
    CHECK_EQUAL_LISTS(patient.next(begin + 24h), steps{});
    patient.ended("web");
    CHECK_EQUAL_LISTS(patient.next(begin + 24h), (steps{{"router", 0s}}));
    shutdown_order at_once({{"router", {}}, {"web", {"router"}}}, -1ns, begin);
    CHECK_EQUAL_LISTS(at_once.next(begin), (steps{{"router", -1ns}, {"web", -1ns}}));
}

BOOST_AUTO_TEST_CASE(all_are_shut_down_within_the_budget_and_in_order)
{
    for (unsigned seed = 1; seed <= 500; ++seed) {
        std::mt19937 random(seed);
        bool const has_circles = seed % 4 == 0;
        auto const all = random_machines(random, has_circles);
        shutdown_order order(all, 60s, begin);
        std::set<std::string> asked;
        std::set<std::string> over;
        names ending;
        auto now = begin;
        while (!order.is_over()) {
            for (shutdown_order::step const& each : order.next(now)) {
                BOOST_REQUIRE_MESSAGE(asked.insert(each.name).second, "seed " << seed << ": twice " << each.name);
                BOOST_REQUIRE_MESSAGE(now + each.budget <= begin + 60s, "seed " << seed << ": too late " << each.name);
                for (ordered_machine const& other : all)
                    if (!has_circles && std::ranges::find(other.after, each.name) != other.after.end())
                        BOOST_REQUIRE_MESSAGE(over.contains(other.name), "seed " << seed << ": too early " << each.name);
                ending.push_back(each.name);
            }
            BOOST_REQUIRE_MESSAGE(!ending.empty(), "seed " << seed << ": nothing ends");
            bool const is_stuck = random() % 8 == 0;
            if (is_stuck && order.next_time() != time_point::max()) {
                now = order.next_time();
                over.insert(ending.begin(), ending.end());  // perhaps only one of them
                continue;
            }
            auto const which = ending.begin() + static_cast<std::ptrdiff_t>(random() % ending.size());
            now += std::chrono::milliseconds(random() % 1000);
            order.ended(*which);
            over.insert(*which);
            ending.erase(which);
        }
        BOOST_REQUIRE_MESSAGE(asked.size() == all.size(), "seed " << seed);
    }
}

BOOST_AUTO_TEST_SUITE_END()
