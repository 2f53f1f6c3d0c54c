#include "language/read/unicode.hpp"

#include "language/words.hpp"

#include <algorithm>
#include <array>

namespace qmp_shell {

namespace {

constexpr std::string_view control = "a control character";
constexpr std::string_view odd_blank = "a blank that is not a space";
constexpr std::string_view no_break = "a no-break space";
constexpr std::string_view nothing_seen = "an invisible character";

constexpr std::array<odd_character, 26> odd_characters = {{{0x00, 0x1f, control, false},
                                                           {0x7f, 0x9f, control, false},
                                                           {0xa0, 0xa0, no_break, true},
                                                           {0xad, 0xad, nothing_seen, false},
                                                           {0x34f, 0x34f, nothing_seen, false},
                                                           {0x61c, 0x61c, nothing_seen, false},
                                                           {0x115f, 0x1160, nothing_seen, false},
                                                           {0x1680, 0x1680, odd_blank, true},
                                                           {0x17b4, 0x17b5, nothing_seen, false},
                                                           {0x180e, 0x180e, nothing_seen, false},
                                                           {0x2000, 0x200a, odd_blank, true},
                                                           {0x200b, 0x200f, nothing_seen, false},
                                                           {0x2028, 0x2029, odd_blank, false},
                                                           {0x202a, 0x202e, nothing_seen, false},
                                                           {0x202f, 0x202f, no_break, true},
                                                           {0x205f, 0x205f, odd_blank, true},
                                                           {0x2060, 0x206f, nothing_seen, false},
                                                           {0x2800, 0x2800, odd_blank, true},
                                                           {0x3000, 0x3000, odd_blank, true},
                                                           {0x3164, 0x3164, nothing_seen, false},
                                                           {0xfeff, 0xfeff, nothing_seen, false},
                                                           {0xffa0, 0xffa0, nothing_seen, false},
                                                           {0xfff9, 0xfffb, nothing_seen, false},
                                                           {0x1bca0, 0x1bca3, nothing_seen, false},
                                                           {0x1d173, 0x1d17a, nothing_seen, false},
                                                           {0xe0000, 0xe0fff, nothing_seen, false}}};

}  // namespace

odd_character const* find_odd_character(std::uint32_t code_point)
{
    auto const* const found = std::find_if(odd_characters.begin(), odd_characters.end(),
                                           [code_point](odd_character const& each) { return code_point <= each.last; });
    return found != odd_characters.end() && found->first <= code_point ? found : nullptr;
}

bool may_be_shown(std::uint32_t code_point)
{
    odd_character const* const odd = find_odd_character(code_point);
    return odd == nullptr || odd->may_be_shown;
}

std::string harmless(std::string_view text)
{
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        code_point const first = first_code_point(text);
        if (first.length == 0)
            result += replacement;
        else if (first.value == '\n' || first.value == '\t' || may_be_shown(first.value))
            result += text.substr(0, first.length);
        text.remove_prefix(std::max<std::size_t>(first.length, 1));
    }
    return result;
}

std::string in_one_line(std::string_view text)
{
    std::string result = harmless(trimmed(text));
    std::replace_if(result.begin(), result.end(), is_white, ' ');
    return result;
}

code_point first_code_point(std::string_view text)
{
    auto const at = [text](std::size_t index) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[index])); };
    std::uint32_t const lead = at(0);
    if (lead < 0x80)
        return {lead, 1};
    std::size_t const length = lead >= 0xf0 && lead < 0xf5   ? 4
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                                                             : 0;
    if (length == 0 || text.size() < length)
        return {};
    std::uint32_t value = lead & (0x7fU >> length);
    for (std::size_t index = 1; index < length; ++index) {
        if ((at(index) & 0xc0U) != 0x80)
            return {};
        value = value << 6U | (at(index) & 0x3fU);
    }
    bool const overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    bool const surrogate = value >= 0xd800 && value < 0xe000;
    return overlong || surrogate || value > 0x10ffff ? code_point{} : code_point{value, length};
}

std::size_t find_no_utf8(std::string_view text)
{
    for (std::size_t position = 0; position < text.size();) {
        if (static_cast<unsigned char>(text[position]) < 0x80) {
            ++position;
            continue;
        }
        std::size_t const length = first_code_point(text.substr(position)).length;
        if (length == 0)
            return position;
        position += length;
    }
    return std::string_view::npos;
}

std::string abbreviated(std::string_view text, std::size_t most)
{
    constexpr std::string_view cut = "...";
    std::size_t kept = 0;
    std::size_t position = 0;
    for (std::size_t count = 0; count < most && position < text.size(); ++count) {
        if (count + cut.size() == most)
            kept = position;
        position += std::max<std::size_t>(first_code_point(text.substr(position)).length, 1);
    }
    return position < text.size() ? std::string(text.substr(0, kept)).append(cut) : std::string(text);
}

}  // namespace qmp_shell
