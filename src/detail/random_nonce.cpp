#include "detail/random_nonce.hpp"

#include <atomic>
#include <chrono>
#include <random>

namespace coqmp::detail {

namespace {

std::uint64_t random_seed()
{
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

// std::random_device for each takes 4 us in a virtual machine, a tenth of connecting. The clock distinguishes a process from
// its fork.
std::uint64_t random_nonce()
{
    static std::atomic<std::uint64_t> seed(random_seed());
    constexpr std::uint64_t golden_ratio = 0x9e37'79b9'7f4a'7c15;
    auto const now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    std::uint64_t mixed = seed.fetch_add(golden_ratio, std::memory_order_relaxed) + now;  // and then as SplitMix64 does
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
    return mixed ^ (mixed >> 31);
}

}  // namespace coqmp::detail
