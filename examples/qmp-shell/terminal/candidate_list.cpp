#include "terminal/candidate_list.hpp"

#include "terminal/columns.hpp"

#include <algorithm>

namespace qmp_shell {

namespace {

using candidates = std::vector<candidate>;

/// Whole characters only.
std::string shortened(std::string_view text, std::size_t width)
{
    if (columns_of(text) <= width)
        return std::string(text);
    while (columns_of(text) + 3 > width && !text.empty())
        text = text.substr(0, previous_character(text, text.size()));
    return std::string(text) + "...";
}

std::string padded(std::string_view text, std::size_t width)
{
    std::size_t const used = columns_of(text);
    return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string with_descriptions(candidates const& all, std::size_t begin, std::size_t longest, std::size_t width)
{
    std::string result;
    for (candidate const& each : all) {
        std::string line = padded(each.text.substr(begin), longest + 2);
        if (columns_of(line) + 8 < width)
            line += shortened(each.description, width - columns_of(line) - 1);
        result += std::string(line, 0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return result;
}

/// Of a description its first words, which are a type: where there is room for them.
std::string with_type(candidate const& what, std::size_t begin, std::size_t room)
{
    std::string const text = what.text.substr(begin);
    std::string_view const type = std::string_view(what.description).substr(0, what.description.find(", "));
    bool const fits = !type.empty() && columns_of(text) + 1 + columns_of(type) <= room;
    return fits ? text + ' ' + std::string(type) : text;
}

std::string in_columns(candidates const& all, std::size_t begin, std::size_t longest, std::size_t width)
{
    std::size_t const columns = std::max<std::size_t>(1, width / (longest + 2));
    std::size_t const rows = (all.size() + columns - 1) / columns;
    bool const described = std::none_of(all.begin(), all.end(), [](candidate const& each) { return each.description.empty(); });
    std::size_t const cell = described ? std::max(longest + 2, width / columns) : longest + 2;
    std::string result;
    for (std::size_t row = 0; row < rows; ++row) {
        std::string line;
        for (std::size_t index = row; index < all.size(); index += rows)
            line += padded(described ? with_type(all[index], begin, cell - 2) : all[index].text.substr(begin), cell);
        result += std::string(line, 0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return result;
}

std::size_t shown_from(std::string_view word)
{
    return word.rfind('/') + 1;  // npos + 1 is 0
}

std::size_t longest_of(candidates const& all, std::size_t begin)
{
    std::size_t result = 0;
    for (candidate const& each : all)
        result = std::max(result, columns_of(std::string_view(each.text).substr(std::min(begin, each.text.size()))));
    return result;
}

}  // namespace

std::string common_beginning(candidates const& all)
{
    std::string result = all.empty() ? std::string() : all.front().text;
    for (candidate const& each : all) {
        auto const [ours, theirs] = std::mismatch(result.begin(), result.end(), each.text.begin(), each.text.end());
        result.erase(ours, result.end());
    }
    return result;
}

std::string listing(candidates const& all, std::string_view word, std::size_t width, std::size_t height)
{
    std::size_t const begin = shown_from(word);
    std::size_t const longest = longest_of(all, begin);
    bool const described = std::any_of(all.begin(), all.end(), [](candidate const& each) { return !each.description.empty(); });
    if (described && all.size() + 2 < height)
        return with_descriptions(all, begin, longest, width);
    std::size_t const columns = std::max<std::size_t>(1, width / (longest + 2));
    if (all.size() > columns * (height > 2 ? height - 2 : 1))
        return {};
    return in_columns(all, begin, longest, width);
}

std::string whole_listing(candidates const& all, std::string_view word, std::size_t width)
{
    std::size_t const begin = shown_from(word);
    return in_columns(all, begin, longest_of(all, begin), width);
}

}  // namespace qmp_shell
