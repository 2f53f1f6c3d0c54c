#include "supervision/shutdown_order.hpp"

#include <algorithm>
#include <cstdint>

namespace coqmp::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto no_deadline = shutdown_order::clock::time_point::max();

}  // namespace

shutdown_order::shutdown_order(std::vector<ordered_machine> const& all, std::chrono::nanoseconds budget, clock::time_point now)
    : budget_(budget), end_(budget <= 0ns || budget >= no_deadline - now ? no_deadline : now + budget), open_(all.size())
{
    entries_.resize(all.size());
    for (std::size_t number = 0; number < all.size(); ++number) {
        entries_[number].name = all[number].name;
        numbers_.emplace(entries_[number].name, number);
    }
    connect(all);
    measure();
}

void shutdown_order::connect(std::vector<ordered_machine> const& all)
{
    for (std::size_t number = 0; number < all.size(); ++number)
        for (std::string const& name : all[number].after)
            if (auto const found = numbers_.find(name); found != numbers_.end() && found->second != number)
                entries_[number].before.push_back(found->second);
}

/// Visits each machine after those that it was started after, without recursion. An edge that leads back into the present chain
/// closes a circle, and is cut.
void shutdown_order::measure()
{
    enum class mark : std::uint8_t { fresh, on_path, done };
    std::vector<mark> marks(entries_.size(), mark::fresh);
    std::vector<std::size_t> path;
    std::vector<std::size_t> edges(entries_.size(), 0);
    for (std::size_t first = 0; first < entries_.size(); ++first) {
        if (marks[first] == mark::fresh)
            path.push_back(first);
        while (!path.empty()) {
            std::size_t const number = path.back();
            entry& here = entries_[number];
            marks[number] = mark::on_path;
            if (edges[number] == here.before.size()) {
                for (std::size_t const each : here.before) {
                    here.height = std::max(here.height, entries_[each].height);
                    ++entries_[each].blockers;
                }
                ++here.height;
                marks[number] = mark::done;
                path.pop_back();
                continue;
            }
            std::size_t const next = here.before[edges[number]];
            if (marks[next] == mark::on_path) {
                here.before.erase(here.before.begin() + static_cast<std::ptrdiff_t>(edges[number]));
                continue;
            }
            ++edges[number];
            if (marks[next] == mark::fresh)
                path.push_back(next);
        }
    }
}

void shutdown_order::ended(std::string_view name) noexcept
{
    auto const found = numbers_.find(name);
    if (found != numbers_.end())
        close(entries_[found->second]);
}

void shutdown_order::close(entry& which) noexcept
{
    if (which.state == progress::over)
        return;
    which.state = progress::over;
    --open_;
    for (std::size_t const each : which.before)
        --entries_[each].blockers;
}

std::vector<shutdown_order::step> shutdown_order::next(clock::time_point now)
{
    for (entry& each : entries_)
        if (each.state == progress::stopping && now >= each.deadline)
            close(each);
    std::vector<step> result;
    for (entry& each : entries_) {
        if (each.state != progress::waiting || (each.blockers != 0 && budget_ >= 0ns))
            continue;
        auto const time = share(each, now);
        each.state = progress::stopping;
        each.deadline = time > 0ns ? now + time : time < 0ns ? now : no_deadline;
        result.push_back({each.name, time});
    }
    return result;
}

std::chrono::nanoseconds shutdown_order::share(entry const& of, clock::time_point now) const noexcept
{
    if (budget_ < 0ns)
        return budget_;
    if (end_ == no_deadline)
        return 0ns;
    auto const time = (end_ - now) / static_cast<std::int64_t>(of.height);
    return time > 0ns ? time : -1ns;
}

shutdown_order::clock::time_point shutdown_order::next_time() const noexcept
{
    auto result = no_deadline;
    for (entry const& each : entries_)
        if (each.state == progress::stopping)
            result = std::min(result, each.deadline);
    return result;
}

}  // namespace coqmp::detail
