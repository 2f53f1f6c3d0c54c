#include "supervision/restart_budget.hpp"

namespace coqmp::detail {

restart_budget::restart_budget(supervision_policy const& policy, std::uint64_t seed)
    : times_{policy.backoff, policy.longest_backoff, policy.jitter, policy.restart_window, 0},
      backoff_(times_),
      restarts_(policy.most_restarts, policy.restart_window),
      random_(seed)
{}

void restart_budget::apply(supervision_policy const& policy) noexcept
{
    restarts_.limit(policy.most_restarts, policy.restart_window);
    times_ = {policy.backoff, policy.longest_backoff, policy.jitter, policy.restart_window, 0};
    backoff_ = backoff_plan(times_);
}

std::optional<restart_budget::clock::time_point> restart_budget::next(clock::time_point now)
{
    if (restarts_.add(now))
        return std::nullopt;
    auto const pause = backoff_.ended(now, random_());
    return now + *pause;  // without a limit of its own, backoff_ always has a next pause
}

void restart_budget::forgive() noexcept
{
    restarts_.clear();
    backoff_ = backoff_plan(times_);
}

}  // namespace coqmp::detail
