#include "support/scarce_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

namespace {

thread_local std::size_t allocations_left = coqmp::test::no_limit;
thread_local std::size_t largest_possible = coqmp::test::no_limit;
thread_local std::size_t largest_allocation = 0;
thread_local bool failed = false;

bool is_granted(std::size_t size) noexcept
{
    largest_allocation = std::max(largest_allocation, size);
    if (allocations_left == 0 || size > largest_possible) {
        failed = true;
        return false;
    }
    if (allocations_left != coqmp::test::no_limit)
        --allocations_left;
    return true;
}

}  // namespace

void* operator new(std::size_t size)
{
    void* const memory = is_granted(size) ? std::malloc(size) : nullptr;
    if (memory == nullptr)
        throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

// Asio's own allocations.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    void* memory = nullptr;
    return is_granted(size) && ::posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

namespace coqmp::test {

scarce_memory::scarce_memory(std::size_t allocations, std::size_t largest) noexcept
{
    allocations_left = allocations;
    largest_possible = largest;
    failed = false;
}

scarce_memory::~scarce_memory()
{
    allocations_left = largest_possible = no_limit;
}

bool scarce_memory::has_failed() const noexcept
{
    return failed;
}

std::size_t take_largest_allocation() noexcept
{
    return std::exchange(largest_allocation, 0);
}

}  // namespace coqmp::test
