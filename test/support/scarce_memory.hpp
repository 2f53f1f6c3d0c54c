// Memory that ends when a test says so. It replaces operator new and aligned_alloc() of the whole program.
#ifndef COQMP_TEST_SUPPORT_SCARCE_MEMORY_HPP
#define COQMP_TEST_SUPPORT_SCARCE_MEMORY_HPP

#include <cstddef>
#include <limits>

namespace coqmp::test {

inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// While it exists, each allocation of this thread fails after so many, and each larger one. One at a
/// time. (Boost.Test allocates: report nothing to it meanwhile.)
class scarce_memory
{
public:
    explicit scarce_memory(std::size_t allocations, std::size_t largest = no_limit) noexcept;
    scarce_memory(scarce_memory const&) = delete;
    scarce_memory& operator=(scarce_memory const&) = delete;
    ~scarce_memory();

    /// Whether an allocation has failed.
    [[nodiscard]] bool has_failed() const noexcept;
};

/// The size of the largest allocation of this thread since the last call.
[[nodiscard]] std::size_t take_largest_allocation() noexcept;

}  // namespace coqmp::test

#endif
