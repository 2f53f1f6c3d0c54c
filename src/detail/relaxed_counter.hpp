// A number that one thread adds to and any thread may read.
#ifndef COQMP_SRC_DETAIL_RELAXED_COUNTER_HPP
#define COQMP_SRC_DETAIL_RELAXED_COUNTER_HPP

#include <atomic>
#include <cstdint>

namespace coqmp::detail {

/// With a single writer, adding needs no read-modify-write, and so no locked instruction for each message.
class relaxed_counter
{
public:
    void add(std::uint64_t amount = 1) noexcept { value_.store(read() + amount, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace coqmp::detail

#endif
