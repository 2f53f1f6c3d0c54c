#include "supervision/start_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace coqmp::detail {

void start_queue::request(ordered_machine what)
{
    expected_.erase(what.name);
    auto const found = places_.find(what.name);
    if (found != places_.end()) {
        *found->second = std::move(what);
        return;
    }
    starting_.erase(what.name);
    waiting_.push_back(std::move(what));
    places_.emplace(waiting_.back().name, std::prev(waiting_.end()));
}

bool start_queue::withdraw(std::string_view name)
{
    expected_.erase(std::string(name));
    auto const found = places_.find(std::string(name));
    if (found == places_.end())
        return false;
    waiting_.erase(found->second);
    places_.erase(found);
    return true;
}

void start_queue::settled(std::string_view name)
{
    starting_.erase(std::string(name));
}

std::vector<std::string> start_queue::next()
{
    std::vector<std::string> granted;
    for (auto each = waiting_.begin(); each != waiting_.end() && has_room();)
        each = may_start(*each) ? grant(each, granted) : std::next(each);
    if (granted.empty() && starting_.empty() && expected_.empty() && !waiting_.empty())
        grant(waiting_.begin(), granted);  // all wait for each other
    return granted;
}

bool start_queue::may_start(ordered_machine const& what) const
{
    return std::ranges::none_of(what.after, [&](std::string const& other) {
        return other != what.name && (places_.contains(other) || starting_.contains(other) || expected_.contains(other));
    });
}

start_queue::queue::iterator start_queue::grant(queue::iterator which, std::vector<std::string>& granted)
{
    granted.push_back(which->name);
    starting_.insert(which->name);
    places_.erase(which->name);
    return waiting_.erase(which);
}

}  // namespace coqmp::detail
