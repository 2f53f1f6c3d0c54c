#include "terminal/text.hpp"

#include <algorithm>
#include <cwchar>
#include <sstream>

namespace qmp_shell {

namespace {

bool continues(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Where the character begins that ends before `position`, which is not 0.
std::size_t previous_character(std::string_view text, std::size_t position)
{
    constexpr std::size_t longest = 4;
    std::size_t const least = position - std::min(position, longest);
    do
        --position;
    while (position > least && continues(text[position]));
    return position;
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
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
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

std::string quoted_for_shell(std::string_view word)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos)
        return std::string(word);
    std::string result = "'";
    for (char const each : word)
        result += each == '\'' ? std::string("'\\''") : std::string(1, each);
    return result + '\'';
}

std::string in_seconds(std::chrono::nanoseconds duration)
{
    std::ostringstream text;
    text << std::chrono::duration<double>(duration).count() << " s";
    return text.str();
}

}  // namespace qmp_shell
