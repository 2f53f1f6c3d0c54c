#include "text.hpp"

#include <algorithm>
#include <cwchar>
#include <optional>
#include <sstream>
#include <utility>

namespace qmp_shell {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool continues(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// The first character of a text: its code point and how many bytes it takes. Nothing: it is no UTF-8.
std::optional<std::pair<char32_t, std::size_t>> first_character(std::string_view text)
{
    auto const lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80U)
        return std::pair{char32_t{lead}, std::size_t{1}};
    std::size_t const length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
    if (lead < 0xC2U || lead > 0xF4U || text.size() < length)
        return std::nullopt;
    char32_t point = lead & (0xFFU >> (length + 1));
    for (char const byte : text.substr(1, length - 1)) {
        if (!continues(byte))
            return std::nullopt;
        point = (point << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return std::nullopt;
    return std::pair{point, length};
}

bool steers(char32_t point)
{
    if (point == U'\n' || point == U'\t')
        return false;
    bool const control = point < 0x20 || (point >= 0x7F && point < 0xA0);
    bool const reorders = (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
    return control || reorders;
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

std::string harmless(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        auto const character = first_character(text);
        std::size_t const length = character ? character->second : 1;
        if (!character)
            result += replacement;
        else if (!steers(character->first))
            result += text.substr(0, length);
        text.remove_prefix(length);
    }
    return result;
}

std::string in_one_line(std::string_view text)
{
    return with_blanks(harmless(trimmed(text)));
}

std::string_view trimmed(std::string_view text)
{
    std::size_t const begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> result;
    for (std::size_t begin = text.find_first_not_of(blanks); begin != std::string_view::npos;) {
        std::size_t const end = text.find_first_of(blanks, begin);
        result.emplace_back(text.substr(begin, end - begin));
        begin = end == std::string_view::npos ? end : text.find_first_not_of(blanks, end);
    }
    return result;
}

std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> result;
    while (!text.empty()) {
        std::size_t const end = text.find('\n');
        result.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return result;
}

std::size_t characters_in(std::string_view text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

std::size_t columns_of(std::string_view text)
{
    std::size_t result = 0;
    while (!text.empty()) {
        auto const character = first_character(text);
        int const width = character ? ::wcwidth(static_cast<wchar_t>(character->first)) : 1;
        result += width < 0 ? 2 : static_cast<std::size_t>(width);
        text.remove_prefix(character ? character->second : 1);
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
        auto const character = first_character(line.substr(end));
        std::size_t const length = character ? character->second : 1;
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
