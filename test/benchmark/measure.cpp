#include "measure.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>

// Glibc's own names for the functions that this file replaces.
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* __libc_calloc(std::size_t count, std::size_t size);
extern "C" void* __libc_realloc(void* memory, std::size_t size);
extern "C" void* __libc_memalign(std::size_t alignment, std::size_t size);

namespace {

std::atomic<std::size_t> count{0};

void counted() noexcept
{
    count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" void* malloc(std::size_t size)
{
    counted();
    return __libc_malloc(size);
}

extern "C" void* calloc(std::size_t number, std::size_t size)
{
    counted();
    return __libc_calloc(number, size);
}

extern "C" void* realloc(void* memory, std::size_t size)
{
    counted();
    return __libc_realloc(memory, size);
}

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size)
{
    counted();
    return __libc_memalign(alignment, size);
}

extern "C" int posix_memalign(void** memory, std::size_t alignment, std::size_t size)
{
    counted();
    *memory = __libc_memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
}

namespace coqmp::benchmark {

std::size_t allocations() noexcept
{
    return count.load(std::memory_order_relaxed);
}

}  // namespace coqmp::benchmark
