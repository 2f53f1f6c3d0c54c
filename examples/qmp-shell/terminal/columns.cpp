#include "terminal/columns.hpp"

#include <algorithm>
#include <cwchar>

namespace qmp_shell {

namespace {

bool continues(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Instead of line ends and tabs.
std::string with_blanks(std::string text)
{
    std::replace_if(text.begin(), text.end(), [](char each) { return each == '\n' || each == '\t'; }, ' ');
    return text;
}

}  // namespace

std::size_t characters_in(std::string_view text)
{
    return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::size_t previous_character(std::string_view text, std::size_t position)
{
    constexpr std::size_t longest = 4;
    std::size_t const least = position - std::min(position, longest);
    do
        --position;
    while (position > least && continues(text[position]));
    return position;
}

std::size_t columns_of(std::string_view text)
{
    std::size_t result = 0;
    while (!text.empty()) {
        code_point const first = first_code_point(text);
        int const width = first.length != 0 ? ::wcwidth(static_cast<wchar_t>(first.value)) : 1;
        result += width < 0 ? 2 : static_cast<std::size_t>(width);
        text.remove_prefix(std::max<std::size_t>(first.length, 1));
    }
    return result;
}

excerpt excerpt_at(std::string_view line, std::size_t column)
{
    constexpr std::size_t most_before = 120;
    constexpr std::size_t most_after = 80;
    constexpr std::string_view cut = "...";
    column = std::min(column, line.size());
    std::size_t begin = column;
    for (std::size_t columns = 0; begin > 0 && columns < most_before;) {
        std::size_t const before = begin;
        begin = previous_character(line, begin);
        columns += std::max<std::size_t>(columns_of(line.substr(begin, before - begin)), 1);
    }
    std::size_t end = column;
    for (std::size_t columns = 0; end < line.size() && columns < most_after;) {
        std::size_t const length = std::max<std::size_t>(first_code_point(line.substr(end)).length, 1);
        columns += std::max<std::size_t>(columns_of(line.substr(end, length)), 1);
        end += length;
    }
    std::string const before = with_blanks((begin > 0 ? std::string(cut) : "") + harmless(line.substr(begin, column - begin)));
    std::string const after = with_blanks(harmless(line.substr(column, end - column)));
    return {(before + after).append(end < line.size() ? cut : ""), columns_of(before)};
}

}  // namespace qmp_shell
