#include "daemon/hooks/hook_queue.hpp"

#include <algorithm>
#include <utility>

namespace coqmp_daemon {

bool hook_queue::add(entry what)
{
    auto const known = waiting_of_.find(what.machine);
    std::size_t const of_machine = known == waiting_of_.end() ? 0 : known->second;
    if (waiting_.size() >= limits_.waiting || of_machine >= limits_.waiting_of_machine)
        return false;
    ++waiting_of_[what.machine];
    waiting_.push_back(std::move(what));
    return true;
}

std::optional<hook_queue::entry> hook_queue::next()
{
    if (running_.size() >= limits_.running)
        return std::nullopt;
    auto const found = std::ranges::find_if(waiting_, [this](entry const& each) { return !running_.contains(each.machine); });
    if (found == waiting_.end())
        return std::nullopt;
    entry result = std::move(*found);
    waiting_.erase(found);
    if (auto const count = waiting_of_.find(result.machine); --count->second == 0)
        waiting_of_.erase(count);
    running_.insert(result.machine);
    return result;
}

void hook_queue::ended(std::string const& machine)
{
    running_.erase(machine);
}

}  // namespace coqmp_daemon
