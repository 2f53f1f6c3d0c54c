#include "daemon/log/rate_limit.hpp"

#include <algorithm>
#include <utility>

namespace coqmp_daemon {

bool rate_limit::admit(std::string_view source, time_point now)
{
    if (options_.lines == 0)
        return true;
    window& current = find_window(source, now);
    // A window with suppressed lines stays until they were reported.
    if (now >= current.end && current.suppressed == 0)
        current = {now + options_.interval};
    if (now < current.end && current.admitted < options_.lines) {
        ++current.admitted;
        return true;
    }
    ++current.suppressed;
    next_ = next_ ? std::min(*next_, current.end) : current.end;
    return false;
}

std::vector<rate_limit::suppression> rate_limit::take_suppressions(time_point now)
{
    std::vector<suppression> result;
    if (!next_ || now < *next_)
        return result;
    next_.reset();
    auto const look_at = [&](std::string const& source, window& each) {
        if (each.suppressed == 0)
            return;
        if (now >= each.end)
            result.push_back({source, std::exchange(each.suppressed, 0)});
        else
            next_ = next_ ? std::min(*next_, each.end) : each.end;
    };
    for (auto& [source, each] : windows_)
        look_at(source, each);
    look_at({}, shared_);
    return result;
}

rate_limit::window& rate_limit::find_window(std::string_view source, time_point now)
{
    auto const found = windows_.find(source);
    if (found != windows_.end())
        return found->second;
    if (windows_.size() >= options_.sources)
        forget_quiet(now);
    if (windows_.size() >= options_.sources)
        return shared_;
    return windows_.emplace(source, window{now + options_.interval}).first->second;
}

void rate_limit::forget_quiet(time_point now)
{
    std::erase_if(windows_, [now](auto const& each) { return now >= each.second.end && each.second.suppressed == 0; });
}

}  // namespace coqmp_daemon
