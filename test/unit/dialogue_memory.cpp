// What a dialogue keeps while it goes on: no more than what is under way.
#include "unit/script.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

namespace {

std::size_t largest_allocation = 0;

}  // namespace

void* operator new(std::size_t size)
{
    largest_allocation = std::max(largest_allocation, size);
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

BOOST_AUTO_TEST_SUITE_END()
