// The memory for a session's wait for bytes: a reserved block for one operation, the heap for everything else.
#include "detail/handler_memory.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <functional>

using coqmp::detail::handler_allocator;
using coqmp::detail::handler_memory;

namespace {

bool is_inside(handler_memory const& memory, void const* what)
{
    std::less<> const before;
    auto const* const begin = reinterpret_cast<std::byte const*>(&memory);
    return !before(what, begin) && before(what, begin + sizeof memory);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handler_memory_test)

BOOST_AUTO_TEST_CASE(has_room_for_one_operation_again_and_again)
{
    handler_memory memory;
    handler_allocator<std::byte> allocator(memory);
    for (int time = 0; time < 3; ++time) {
        std::byte* const operation = allocator.allocate(208);
        BOOST_TEST(is_inside(memory, operation));
        allocator.deallocate(operation, 208);
    }
}

BOOST_AUTO_TEST_CASE(sends_a_second_operation_and_a_large_one_to_the_heap)
{
    handler_memory memory;
    handler_allocator<std::byte> allocator(memory);
    std::byte* const large = allocator.allocate(1000);
    std::byte* const first = allocator.allocate(100);
    std::byte* const second = allocator.allocate(100);
    BOOST_TEST(!is_inside(memory, large));
    BOOST_TEST(is_inside(memory, first));
    BOOST_TEST(!is_inside(memory, second));
    allocator.deallocate(second, 100);
    allocator.deallocate(large, 1000);
    allocator.deallocate(first, 100);
}

BOOST_AUTO_TEST_SUITE_END()
