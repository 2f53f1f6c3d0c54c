// The memory that a dialogue keeps: no more than its current work needs.
#include "support/scarce_memory.hpp"
#include "unit/script.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <new>
#include <string>

using namespace coqmp;
using namespace coqmp::protocol;
using namespace coqmp::test;

BOOST_AUTO_TEST_SUITE(the_memory_of_a_dialogue)

BOOST_AUTO_TEST_CASE(does_not_grow_while_a_slow_peer_never_lets_the_output_run_empty)
{
    dialogue_options options;
    options.negotiate = false;
    options.ids = command_ids::always;
    options.in_band_window = 0;
    options.output_limit = 1000;
    dialogue slow(options);
    static_cast<void>(take_largest_allocation());
    for (int count = 1; count <= 10'000; ++count) {
        asked one("query-status");
        BOOST_REQUIRE(!slow.submit(one));
        slow.sent(slow.output().size() - 1);
        std::string const answer = R"({"return": {}, "id": )" + std::to_string(count) + "}";
        std::string_view input = answer;
        BOOST_REQUIRE(std::holds_alternative<answered>(slow.receive(input)));
    }
    BOOST_TEST(slow.output() == "}");
    BOOST_TEST(slow.counters().snapshot().bytes_sent > 300'000U);
    BOOST_TEST(take_largest_allocation() < 10'000U);
    slow.reset();
}

/// Whether the step fails if there is memory for only this many allocations.
template <class Step>
bool fails_after(std::size_t allocations, Step step)
{
    scarce_memory const scarce(allocations);
    try {
        step();
    } catch (std::bad_alloc const&) {
        return true;
    }
    return false;
}

BOOST_AUTO_TEST_CASE(may_be_exhausted_at_any_moment_and_no_half_command_is_sent)
{
    std::size_t failures = 0;
    for (std::size_t length = 0; length < 40; ++length) {
        for (std::size_t allocations = 0; allocations < 6; ++allocations) {
            dialogue_options options;
            options.negotiate = false;
            options.ids = command_ids::always;
            options.in_band_window = 2;
            dialogue poor(options);
            asked first(std::string(length, 'a'));
            asked second(std::string(length, 'b'));
            asked third(std::string(length, 'c'));
            asked waits(std::string(length, 'd'));
            bool bad = false;
            failures += fails_after(allocations, [&] { bad = bool(poor.submit(first)); }) ? 1 : 0;
            BOOST_REQUIRE(poor.submit(second) == boost::system::error_code());
            BOOST_REQUIRE(poor.submit(third) == boost::system::error_code());
            BOOST_REQUIRE(poor.submit(waits) == boost::system::error_code());
            std::string const sent(poor.output());
            BOOST_REQUIRE(!bad);
            BOOST_REQUIRE(std::count(sent.begin(), sent.end(), '{') == 2);
            BOOST_REQUIRE(std::count(sent.begin(), sent.end(), '}') == 2);
            BOOST_REQUIRE(sent.ends_with('}'));
            std::string_view answer = R"({"return": {}, "id": 2})";
            failures += fails_after(allocations, [&] { static_cast<void>(poor.receive(answer)); }) ? 1 : 0;
            BOOST_REQUIRE(poor.output().ends_with('}'));
            poor.reset();
        }
    }
    BOOST_TEST(failures > 40U);
}

BOOST_AUTO_TEST_SUITE_END()
