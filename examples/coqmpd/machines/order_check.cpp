#include "machines/order_check.hpp"

#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <ranges>
#include <string_view>
#include <vector>

namespace coqmpd {

namespace {

using problem_lists = std::map<std::string, coqmp_daemon::problem_list>;

void check_names(machine_set const& set, problem_lists& lists)
{
    std::vector<std::string> names(set.refused.begin(), set.refused.end());
    for (auto const& [name, machine] : set.machines)
        names.push_back(name);
    for (auto const& [name, machine] : set.machines) {
        for (located<std::string> const& each : machine.after) {
            auto const found = set.machines.find(each.value);
            if (found != set.machines.end() && found->second.is_observed())
                lists.at(name).add(each.position,
                                   "after: \"" + each.value + "\" is only observed, and so it is never started here");
            if (found != set.machines.end() || set.refused.contains(each.value))
                continue;
            std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(each.value, names));
            lists.at(name).add(each.position, "after: there is no machine \"" + each.value + '"' +
                                                  (suggestion.empty() ? "" : ": " + suggestion));
        }
    }
}

/// Finds the circles. Machines that nothing holds up are removed, then those that only such machines held up, and so on. Each
/// machine that is left waits for another one that is left, so a walk along these comes back to a machine that it has passed.
class circle_search
{
public:
    explicit circle_search(machine_set const& set) : set_(set) { take_away_free(); }

    void report(problem_lists& lists)
    {
        std::set<std::string_view> seen;
        for (auto const& [first, count] : held_) {
            std::vector<std::string_view> path;
            std::string_view at = first;
            while (seen.insert(at).second) {
                path.push_back(at);
                at = blocker_of(at)->value;
            }
            if (auto const begin = std::ranges::find(path, at); begin != path.end())
                report_circle({begin, path.end()}, lists);
        }
    }

private:
    void take_away_free()
    {
        std::map<std::string_view, std::vector<std::string_view>> held_by;
        std::vector<std::string_view> free;
        for (auto const& [name, machine] : set_.machines) {
            std::size_t count = 0;
            for (located<std::string> const& each : machine.after)
                if (set_.machines.contains(each.value)) {
                    held_by[each.value].push_back(name);
                    ++count;
                }
            if (count == 0)
                free.push_back(name);
            else
                held_[name] = count;
        }
        while (!free.empty()) {
            std::string_view const gone = free.back();
            free.pop_back();
            for (std::string_view const each : held_by[gone])
                if (--held_.at(each) == 0) {
                    held_.erase(each);
                    free.push_back(each);
                }
        }
    }

    [[nodiscard]] located<std::string> const* blocker_of(std::string_view name) const
    {
        auto const& after = set_.machines.at(std::string(name)).after;
        auto const found = std::ranges::find_if(after, [this](auto const& each) { return held_.contains(each.value); });
        return &*found;
    }

    void report_circle(std::vector<std::string_view> const& circle, problem_lists& lists) const
    {
        constexpr std::size_t most_names = 8;
        std::string text;
        for (std::string_view const each : circle | std::views::take(most_names))
            text.append(each).append(" after ");
        if (circle.size() > most_names)
            text += "... (" + std::to_string(circle.size()) + " machines) after ";
        text.append(circle.front());
        for (std::string_view const each : circle)
            lists.at(std::string(each)).add(blocker_of(each)->position, "after: the order is a circle: " + text);
    }

    machine_set const& set_;
    std::map<std::string_view, std::size_t> held_;  ///< How many machines hold each of them up.
};

}  // namespace

void check_order(machine_set const& set, problem_lists& lists)
{
    check_names(set, lists);
    circle_search(set).report(lists);
}

}  // namespace coqmpd
