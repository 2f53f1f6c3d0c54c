#include "language/read/unprintable.hpp"

#include "language/read/unicode.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qmp_shell {

namespace {

std::string number_of(std::uint32_t code_point)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result = "U+";
    for (unsigned shift = code_point > 0xffff ? 20 : 16; shift != 0;) {
        shift -= 4;
        result += digits[code_point >> shift & 0xfU];
    }
    return result;
}

bool is_typographic_quote(std::uint32_t code_point)
{
    return code_point == 0x201c || code_point == 0x201d || code_point == 0x2018 || code_point == 0x2019;
}

/// @return empty: nothing is wrong with it
std::string refuse_character(std::uint32_t code_point)
{
    if (is_typographic_quote(code_point))
        return "a typographic quote, which has no meaning here: write \" or '";
    odd_character const* const found = find_odd_character(code_point);
    return found == nullptr ? std::string() : "there is " + std::string(found->name) + " (" + number_of(code_point) + ") here";
}

}  // namespace

void check_printable(word const& what)
{
    std::string_view const text = what.text;
    std::size_t const end = std::min(text.find_first_of("=\"'{["), text.size());
    for (std::size_t position = 0; position < end;) {
        code_point const each = first_code_point(text.substr(position));
        if (std::string refusal = refuse_character(each.value); each.length != 0 && !refusal.empty())
            throw mistake{what.at(position), std::move(refusal)};
        position += std::max<std::size_t>(each.length, 1);
    }
    bool const has_value = end + 1 < text.size() && text[end] == '=';
    if (has_value && is_typographic_quote(first_code_point(text.substr(end + 1)).value))
        throw mistake{what.at(end + 1), refuse_character(first_code_point(text.substr(end + 1)).value)};
}

}  // namespace qmp_shell
