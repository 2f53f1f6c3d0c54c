// Which hooks run when.
#include "daemon/hooks/hook_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace coqmp_daemon;

namespace {

/// All that may run now: `a1 b2`
std::string started(hook_queue& queue)
{
    std::string result;
    while (auto const next = queue.next())
        result.append(result.empty() ? "" : " ").append(next->machine).append(std::to_string(next->number));
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hook_queues, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_hooks_of_a_machine_run_one_after_the_other)
{
    hook_queue queue({});
    BOOST_TEST(queue.add({"a", 1}));
    BOOST_TEST(queue.add({"a", 2}));
    BOOST_TEST(queue.add({"b", 3}));
    BOOST_TEST(started(queue) == "a1 b3");
    BOOST_TEST(started(queue).empty());
    queue.ended("a");
    BOOST_TEST(started(queue) == "a2");
    queue.ended("a");
    queue.ended("b");
    BOOST_TEST(queue.running() == 0U);
    BOOST_TEST(started(queue).empty());
}

BOOST_AUTO_TEST_CASE(the_number_of_running_hooks_is_limited)
{
    hook_queue queue({2, 16, 1000});
    for (char const* const machine : {"a", "b", "c"})
        BOOST_TEST(queue.add({machine, 1}));
    BOOST_TEST(started(queue) == "a1 b1");
    queue.ended("b");
    BOOST_TEST(started(queue) == "c1");
}

BOOST_AUTO_TEST_CASE(a_machine_that_floods_the_queue_does_not_hold_up_the_others)
{
    hook_queue queue({1, 3, 5});
    for (std::uint64_t number = 1; number <= 3; ++number)
        BOOST_TEST(queue.add({"a", number}));
    BOOST_TEST(!queue.add({"a", 4}));
    BOOST_TEST(queue.add({"b", 5}));
    BOOST_TEST(queue.add({"c", 6}));
    BOOST_TEST(!queue.add({"d", 7}));
    BOOST_TEST(started(queue) == "a1");
    BOOST_TEST(queue.add({"a", 8}));
    BOOST_TEST(queue.waiting() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
