// How often, and after which pauses, one machine is started again.
// Invariant: never more than so many restarts within a time, except those that an operator asks for.
#ifndef COQMP_SRC_SUPERVISION_RESTART_BUDGET_HPP
#define COQMP_SRC_SUPERVISION_RESTART_BUDGET_HPP

#include <coqmp/supervision_policy.hpp>
#include "supervision/backoff_plan.hpp"
#include "supervision/occurrence_window.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace coqmp::detail {

class restart_budget
{
public:
    using clock = std::chrono::steady_clock;

    /// @param seed of the jitter
    restart_budget(supervision_policy const& policy, std::uint64_t seed);

    /// Another policy applies from now on. The restarts so far still count; pauses begin anew.
    void apply(supervision_policy const& policy) noexcept;

    /// The machine got ready.
    void ready(clock::time_point now) noexcept { backoff_.connected(now); }

    /// The machine is to be started again. @return when; nothing: it has been restarted too often
    [[nodiscard]] std::optional<clock::time_point> next(clock::time_point now);

    /// The operator starts it: what happened before does not count any more.
    void forgive() noexcept;

private:
    /// Eight bytes: a Mersenne twister for each of 10,000 machines would take 25 MB.
    using generator = std::linear_congruential_engine<std::uint64_t, 6364136223846793005U, 1442695040888963407U, 0>;

    backoff_times times_;
    backoff_plan backoff_;
    occurrence_window restarts_;
    generator random_;
};

}  // namespace coqmp::detail

#endif
