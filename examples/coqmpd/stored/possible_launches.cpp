#include "stored/possible_launches.hpp"

#include "reports/change_report.hpp"

#include <algorithm>
#include <utility>

namespace coqmpd {

using coqmp::lifecycle;

namespace {

void add_new(launched_arguments const& what, std::vector<launched_arguments>& to)
{
    if (std::ranges::find(to, what) == to.end())
        to.push_back(what);
}

}  // namespace

possible_launches::possible_launches(launched_arguments current, std::vector<launched_arguments> earlier)
    : earlier_(std::move(earlier)), current_(std::move(current)), state_(lifecycle::running)
{
    std::erase(earlier_, current_);
}

void possible_launches::apply(lifecycle state)
{
    (void)take(state);
    if (!announced_)
        return;
    if (*announced_ != current_)
        add_new(std::exchange(current_, *std::move(announced_)), earlier_);
    announced_.reset();
    std::erase(earlier_, current_);
}

bool possible_launches::take(lifecycle state)
{
    bool const is_launched = state == lifecycle::starting || state == lifecycle::backing_off || is_at_rest(state);
    if (std::exchange(state_, state) == state || !is_launched)
        return false;
    return !std::exchange(earlier_, {}).empty();
}

std::vector<launched_arguments> possible_launches::in_use() const
{
    if (is_at_rest(state_))
        return {};
    auto result = earlier_;
    add_new(current_, result);
    return result;
}

std::vector<launched_arguments> possible_launches::all() const
{
    auto result = earlier_;
    add_new(current_, result);
    if (announced_)
        add_new(*announced_, result);
    return result;
}

}  // namespace coqmpd
