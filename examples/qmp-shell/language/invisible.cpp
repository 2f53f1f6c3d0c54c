#include "language/invisible.hpp"

#include "language/unicode.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qmp_shell {

namespace {

/// Code points from `first` to `last`, and what they are.
struct kind_of_character
{
    std::uint32_t first;
    std::uint32_t last;
    std::string_view name;
};

constexpr std::string_view control = "a control character";
constexpr std::string_view odd_blank = "a blank that is no space";
constexpr std::string_view nothing_seen = "an invisible character";

constexpr std::array<kind_of_character, 16> kinds = {{{0x00, 0x08, control},
                                                      {0x0b, 0x0c, control},
                                                      {0x0e, 0x1f, control},
                                                      {0x7f, 0x9f, control},
                                                      {0xa0, 0xa0, "a no-break space"},
                                                      {0xad, 0xad, nothing_seen},
                                                      {0x1680, 0x1680, odd_blank},
                                                      {0x2000, 0x200a, odd_blank},
                                                      {0x200b, 0x200f, nothing_seen},
                                                      {0x2028, 0x2029, odd_blank},
                                                      {0x202a, 0x202e, nothing_seen},
                                                      {0x202f, 0x202f, "a no-break space"},
                                                      {0x205f, 0x205f, odd_blank},
                                                      {0x2060, 0x206f, nothing_seen},
                                                      {0x3000, 0x3000, odd_blank},
                                                      {0xfeff, 0xfeff, nothing_seen}}};

std::string number_of(std::uint32_t code_point)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result = "U+";
    for (unsigned shift = 16; shift != 0;) {
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
        return "a typographic quote, which quotes nothing here: write \" or '";
    auto const found = std::find_if(kinds.begin(), kinds.end(), [code_point](kind_of_character const& each) {
        return each.first <= code_point && code_point <= each.last;
    });
    if (found == kinds.end())
        return {};
    return "there is " + std::string(found->name) + " (" + number_of(code_point) + ") here";
}

}  // namespace

std::optional<mistake> refuse_invisible(word const& what)
{
    std::string_view const text = what.text;
    std::size_t const end = std::min(text.find_first_of("=\"'{["), text.size());
    for (std::size_t position = 0; position < end;) {
        code_point const each = first_code_point(text.substr(position));
        if (std::string refusal = refuse_character(each.value); each.length != 0 && !refusal.empty())
            return mistake{what.at(position), std::move(refusal)};
        position += std::max<std::size_t>(each.length, 1);
    }
    bool const has_value = end + 1 < text.size() && text[end] == '=';
    if (has_value && is_typographic_quote(first_code_point(text.substr(end + 1)).value))
        return mistake{what.at(end + 1), refuse_character(first_code_point(text.substr(end + 1)).value)};
    return std::nullopt;
}

}  // namespace qmp_shell
