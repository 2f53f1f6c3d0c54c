#include "reports/machine_counts.hpp"

namespace coqmpd {

void machine_counts::take(std::string const& machine, coqmp::lifecycle state)
{
    auto const [known, is_new] = states_.emplace(machine, state);
    if (!is_new) {
        leave(known->second);
        known->second = state;
    }
    ++counts_[state];
}

void machine_counts::forget(std::string const& machine)
{
    auto const known = states_.find(machine);
    if (known == states_.end())
        return;
    leave(known->second);
    states_.erase(known);
}

void machine_counts::leave(coqmp::lifecycle state)
{
    auto const count = counts_.find(state);
    if (--count->second == 0)
        counts_.erase(count);
}

std::string machine_counts::sentence() const
{
    if (states_.empty())
        return "no machines";
    std::string result = std::to_string(states_.size()) + (states_.size() == 1 ? " machine: " : " machines: ");
    bool is_first = true;
    for (auto const& [state, count] : counts_) {
        result.append(is_first ? "" : ", ").append(std::to_string(count)).append(" ").append(to_string(state));
        is_first = false;
    }
    return result;
}

}  // namespace coqmpd
