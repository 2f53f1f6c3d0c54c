#include "supervision/machine_order.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace coqmp::detail {

namespace {

/// Walks along `after` from one machine to the next, without recursion: a chain may be long.
class circle_search
{
public:
    explicit circle_search(std::vector<ordered_machine> const& all) : all_(all), marks_(all.size(), mark::fresh)
    {
        for (std::size_t number = 0; number < all.size(); ++number)
            numbers_.emplace(all[number].name, number);
    }

    [[nodiscard]] std::vector<std::string> run()
    {
        for (std::size_t number = 0; number < all_.size(); ++number)
            if (auto circle = walk(number); !circle.empty())
                return circle;
        return {};
    }

private:
    enum class mark : std::uint8_t { fresh, on_path, done };
    struct step
    {
        std::size_t number;
        std::size_t edge;
    };

    [[nodiscard]] std::vector<std::string> walk(std::size_t first)
    {
        if (marks_[first] != mark::fresh)
            return {};
        enter(first);
        while (!path_.empty()) {
            auto const& after = all_[path_.back().number].after;
            if (path_.back().edge == after.size()) {
                marks_[path_.back().number] = mark::done;
                path_.pop_back();
                continue;
            }
            auto const found = numbers_.find(after[path_.back().edge++]);
            if (found == numbers_.end())
                continue;
            if (marks_[found->second] == mark::on_path)
                return path_from(found->second);
            if (marks_[found->second] == mark::fresh)
                enter(found->second);
        }
        return {};
    }

    void enter(std::size_t number)
    {
        marks_[number] = mark::on_path;
        path_.push_back({number, 0});
    }

    [[nodiscard]] std::vector<std::string> path_from(std::size_t number) const
    {
        std::vector<std::string> circle;
        auto place = std::ranges::find(path_, number, &step::number);
        for (; place != path_.end(); ++place)
            circle.push_back(all_[place->number].name);
        return circle;
    }

    std::vector<ordered_machine> const& all_;
    std::vector<mark> marks_;
    std::unordered_map<std::string_view, std::size_t> numbers_;
    std::vector<step> path_;
};

}  // namespace

std::vector<std::string> find_circle(std::vector<ordered_machine> const& all)
{
    return circle_search(all).run();
}

}  // namespace coqmp::detail
