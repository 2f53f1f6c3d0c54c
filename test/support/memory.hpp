// The memory that this process uses.
#ifndef COQMP_TEST_SUPPORT_MEMORY_HPP
#define COQMP_TEST_SUPPORT_MEMORY_HPP

#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

namespace coqmp::test {

/// Whether freed memory is reused. A sanitizer's malloc keeps it, to detect later use.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COQMP_TEST_OTHER_MALLOC 1
#endif
#endif
#if defined(COQMP_TEST_OTHER_MALLOC)
inline constexpr bool memory_can_be_measured = false;
#else
inline constexpr bool memory_can_be_measured = true;
#endif

/// The memory that the allocator has handed out.
inline std::size_t allocated_bytes()
{
    return ::mallinfo2().uordblks;
}

/// The resident memory of the process.
inline std::size_t resident_bytes()
{
    std::ifstream file("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace coqmp::test

#endif
