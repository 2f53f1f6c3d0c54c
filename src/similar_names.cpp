#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace coqmp {

namespace {

/// How many letters must be changed, left out, put in or swapped with the next to turn one text into the other.
std::size_t distance(std::string_view left, std::string_view right)
{
    std::vector<std::size_t> before;
    std::vector<std::size_t> last(right.size() + 1);
    for (std::size_t index = 0; index < last.size(); ++index)
        last[index] = index;
    for (std::size_t line = 0; line < left.size(); ++line) {
        std::vector<std::size_t> row(right.size() + 1, line + 1);
        for (std::size_t index = 0; index < right.size(); ++index) {
            std::size_t const changed = last[index] + (left[line] == right[index] ? 0 : 1);
            row[index + 1] = std::min({changed, last[index + 1] + 1, row[index] + 1});
            bool const swapped = line > 0 && index > 0 && left[line] == right[index - 1] && left[line - 1] == right[index];
            if (swapped)
                row[index + 1] = std::min(row[index + 1], before[index - 1] + 1);
        }
        before = std::exchange(last, std::move(row));
    }
    return last.back();
}

/// The distance, or more than `most` if it is more.
std::size_t distance_within(std::size_t most, std::string_view left, std::string_view right)
{
    std::size_t const difference = std::max(left.size(), right.size()) - std::min(left.size(), right.size());
    return difference > most ? difference : distance(left, right);
}

/// QEMU's names are ASCII.
std::string lowered(std::string_view text)
{
    std::string result(text);
    for (char& each : result)
        each = each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
    return result;
}

}  // namespace

std::vector<std::string> similar_names(std::string_view wrong_name, std::vector<std::string> const& names)
{
    constexpr std::size_t most = 5;
    constexpr std::size_t longest = 100;
    constexpr std::size_t most_names = 20'000;
    if (wrong_name.empty() || wrong_name.size() > longest)
        return {};
    std::string const name = lowered(wrong_name);
    // A part that fits is as good as two wrong letters. Of a short name two wrong letters leave nothing.
    std::size_t const tolerance = name.size() < 4 ? 1 : std::max<std::size_t>(2, name.size() / 4);
    std::multimap<std::size_t, std::string> ranked;
    for (std::size_t index = 0; index < std::min(most_names, names.size()); ++index) {
        std::string const& each = names[index];
        if (each.empty() || each.size() > longest || each == wrong_name)  // an existing name was refused for another reason
            continue;
        std::string const low = lowered(each);
        std::size_t const wrong = distance_within(tolerance, name, low);
        // A single letter is not similar to another one.
        if (wrong <= tolerance && wrong < std::min(name.size(), low.size()))
            ranked.emplace(wrong, each);
        else if (name.size() > 2 && low.find(name) != std::string::npos)
            ranked.emplace(low.starts_with(name) ? 2 : 3, each);
    }
    std::vector<std::string> result;
    for (auto const& [wrong, each] : ranked)
        if (result.size() < most && std::find(result.begin(), result.end(), each) == result.end())
            result.push_back(each);
    return result;
}

std::string did_you_mean(std::vector<std::string> const& suggestions)
{
    std::string result;
    for (std::string const& each : suggestions) {
        bool const first = &each == &suggestions.front();
        bool const last = &each == &suggestions.back();
        result += (first ? "did you mean " : last ? " or " : ", ") + each;
    }
    return result.empty() ? result : result + '?';
}

}  // namespace coqmp
