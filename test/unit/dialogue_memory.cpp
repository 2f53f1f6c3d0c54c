// The memory that a dialogue keeps: no more than its current work needs.
#include "unit/script.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>

namespace {

std::size_t largest_allocation = 0;
std::size_t allocations_left = std::numeric_limits<std::size_t>::max();

}  // namespace

void* operator new(std::size_t size)
{
    largest_allocation = std::max(largest_allocation, size);
    if (allocations_left == 0)
        throw std::bad_alloc();
    --allocations_left;
    if (void* memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

using namespace coqmp;
using namespace coqmp::protocol;

BOOST_AUTO_TEST_SUITE(the_memory_of_a_dialogue)

BOOST_AUTO_TEST_CASE(does_not_grow_while_a_slow_peer_never_lets_the_output_run_empty)
{
    dialogue_options options;
    options.negotiate = false;
    options.ids = command_ids::always;
    options.in_band_window = 0;
    options.output_limit = 1000;
    dialogue slow(options);
    largest_allocation = 0;
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
    BOOST_TEST(largest_allocation < 10'000U);
    slow.forget_all();
}

/// Whether the step fails if there is memory for only this many allocations. (Nothing is reported to Boost.Test meanwhile, because
/// Boost.Test allocates, too.)
template <class Step>
bool fails_after(std::size_t allocations, Step step)
{
    allocations_left = allocations;
    bool failed = false;
    try {
        step();
    } catch (std::bad_alloc const&) {
        failed = true;
    }
    allocations_left = std::numeric_limits<std::size_t>::max();
    return failed;
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
            poor.forget_all();
        }
    }
    BOOST_TEST(failures > 40U);
}

BOOST_AUTO_TEST_SUITE_END()
