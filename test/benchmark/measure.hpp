// The cost of one run of a client: wall time, processor time, allocations.
#ifndef COQMP_TEST_BENCHMARK_MEASURE_HPP
#define COQMP_TEST_BENCHMARK_MEASURE_HPP

#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace coqmp::benchmark {

/// The number of calls to malloc() and its relatives, which operator new calls, too.
std::size_t allocations() noexcept;

/// Measures from its construction to print() or json().
class measurement
{
public:
    /// `{"wall": seconds, "processor": seconds, "allocations": number}`
    [[nodiscard]] std::string json() const
    {
        std::chrono::duration<double> const wall = std::chrono::steady_clock::now() - begin_;
        double const processor = processor_time() - processor_;
        std::size_t const allocated = allocations() - allocations_;
        std::array<char, 160> text;
        int const size = std::snprintf(text.data(), text.size(), R"({"wall": %.9f, "processor": %.6f, "allocations": %zu})",
                                       wall.count(), processor, allocated);
        return {text.data(), static_cast<std::size_t>(size)};
    }

    void print() const { std::puts(json().c_str()); }

private:
    static double processor_time() noexcept
    {
        ::rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        auto const seconds = [](::timeval time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        return seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }

    std::size_t allocations_ = allocations();
    double processor_ = processor_time();
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace coqmp::benchmark

#endif
