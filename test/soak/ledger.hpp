// Counts what happens in a soak, and records broken promises.
#ifndef COQMP_TEST_SOAK_LEDGER_HPP
#define COQMP_TEST_SOAK_LEDGER_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <mutex>
#include <random>
#include <string>

namespace coqmp::soak {

using random = std::mt19937_64;

/// True once in `times` calls on average.
inline bool once_in(random& source, unsigned times)
{
    return std::uniform_int_distribution<unsigned>(1, times)(source) == 1;
}

/// A random number from 0 to `most`.
inline int up_to(random& source, int most)
{
    return std::uniform_int_distribution<int>(0, most)(source);
}

/// Counts everything on all threads, and gives the verdict.
struct ledger
{
    using count = std::atomic<std::uint64_t>;

    count sessions = 0;       ///< With fake monitors.
    count reconnections = 0;  ///< To fake monitors that came back.
    count machines = 0;
    count adoptions = 0;
    count jobs = 0;
    count agents = 0;    ///< Fake guest agents.
    count visitors = 0;  ///< Clients of proxies.
    count operations = 0;
    count succeeded = 0;
    count refused = 0;
    count not_sent = 0;
    count outcome_unknown = 0;
    count cancelled = 0;
    count events = 0;
    count events_lost = 0;
    count faults = 0;
    count worst_lateness = 0;  ///< of a deadline, in milliseconds
    count violations = 0;

    /// Records that a promise was broken.
    void violation(std::string const& what)
    {
        std::scoped_lock const lock(printing_);
        ++violations;
        std::cerr << "VIOLATION: " << what << std::endl;
    }

    /// Checks a promise.
    void expect(bool kept, std::string const& what)
    {
        if (!kept)
            violation(what);
    }

    void late_by(std::chrono::steady_clock::duration time)
    {
        auto const late = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
        std::uint64_t worst = worst_lateness;
        while (worst < late && !worst_lateness.compare_exchange_weak(worst, late))
            continue;
    }

private:
    std::mutex printing_;
};

}  // namespace coqmp::soak

#endif
