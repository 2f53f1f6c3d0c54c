// The queue behind a supervisor's streams: its order, and whose reports it drops when it is full.
#include "supervisor/fair_report_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>

using namespace coqmp::detail;

namespace {

struct report
{
    std::string machine;
    int number = 0;
    std::uint64_t lost_before = 0;
};

/// Takes everything. @return `MACHINE NUMBER;` for each report, after `-LOST ` if reports were lost
std::string drain(fair_report_queue<report>& queue)
{
    std::string result;
    while (!queue.empty()) {
        report const each = queue.pop();
        if (each.lost_before != 0)
            result += '-' + std::to_string(each.lost_before) + ' ';
        result += each.machine + std::to_string(each.number) + ' ';
    }
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fair_report_queues)

BOOST_AUTO_TEST_CASE(reports_keep_their_order)
{
    fair_report_queue<report> queue(4);
    for (char const* const machine : {"b", "a", "c", "b"})
        queue.push({machine, 1});
    BOOST_TEST(drain(queue) == "b1 a1 c1 b1 ");
    BOOST_TEST(queue.lost() == 0U);
}

BOOST_AUTO_TEST_CASE(the_oldest_report_of_one_machine_is_dropped)
{
    fair_report_queue<report> queue(2);
    for (int number = 1; number <= 4; ++number)
        queue.push({"a", number});
    BOOST_TEST(drain(queue) == "-2 a3 a4 ");
    BOOST_TEST(queue.lost() == 2U);
    queue.push({"a", 5});
    BOOST_TEST(drain(queue) == "a5 ");
}

BOOST_AUTO_TEST_CASE(a_machine_that_floods_it_loses_only_its_own_reports)
{
    fair_report_queue<report> queue(4);
    queue.push({"quiet", 1});
    for (int number = 1; number <= 1000; ++number)
        queue.push({"loud", number});
    queue.push({"other", 1});
    BOOST_TEST(drain(queue) == "quiet1 -998 loud999 loud1000 other1 ");
    BOOST_TEST(queue.lost() == 998U);
}

BOOST_AUTO_TEST_CASE(a_loss_is_told_where_it_happened)
{
    fair_report_queue<report> queue(4);
    queue.push({"loud", 1});
    queue.push({"loud", 2});
    queue.push({"quiet", 1});
    queue.push({"loud", 3});
    queue.push({"loud", 4});
    queue.push({"loud", 5});
    BOOST_TEST(drain(queue) == "-2 quiet1 loud3 loud4 loud5 ");
}

BOOST_AUTO_TEST_CASE(among_two_that_flood_it_both_lose_reports)
{
    fair_report_queue<report> queue(4);
    for (int number = 1; number <= 10; ++number) {
        queue.push({"a", number});
        queue.push({"b", number});
    }
    BOOST_TEST(queue.lost() == 16U);
    std::string const left = drain(queue);
    BOOST_TEST(left.find("a10 ") != std::string::npos);
    BOOST_TEST(left.find("b10 ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(more_machines_than_places_lose_the_oldest_report)
{
    fair_report_queue<report> queue(2);
    for (char const* const machine : {"a", "b", "c", "d"})
        queue.push({machine, 1});
    std::string const left = drain(queue);
    BOOST_TEST(left.ends_with("d1 "));
    BOOST_TEST(queue.lost() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_cleared_is_not_counted)
{
    fair_report_queue<report> queue(2);
    for (int number = 1; number <= 3; ++number)
        queue.push({"a", number});
    queue.clear();
    BOOST_TEST(queue.empty());
    queue.push({"a", 4});
    BOOST_TEST(drain(queue) == "a4 ");
    BOOST_TEST(queue.lost() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
