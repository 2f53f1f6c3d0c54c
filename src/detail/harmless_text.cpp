#include "detail/harmless_text.hpp"

#include "detail/utf8_character.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace coqmp::detail {

namespace {

struct range
{
    std::uint32_t first;
    std::uint32_t last;
};

constexpr std::array unsafe_characters = {
    range{0x00, 0x08},        // C0 without tab and line feed
    range{0x0b, 0x1f},        //
    range{0x7f, 0x9f},        // delete and C1
    range{0xad, 0xad},        // soft hyphen
    range{0x34f, 0x34f},      // combining grapheme joiner
    range{0x61c, 0x61c},      // Arabic letter mark
    range{0x115f, 0x1160},    // Hangul fillers
    range{0x17b4, 0x17b5},    // Khmer inherent vowels
    range{0x180e, 0x180e},    // Mongolian vowel separator
    range{0x200b, 0x200f},    // zero width, direction marks
    range{0x2028, 0x202e},    // line and paragraph separators, embeddings and overrides
    range{0x2060, 0x206f},    // word joiner, invisible operators, isolates
    range{0x3164, 0x3164},    // Hangul filler
    range{0xfeff, 0xfeff},    // zero width no-break space
    range{0xffa0, 0xffa0},    // halfwidth Hangul filler
    range{0xfff9, 0xfffb},    // interlinear annotations
    range{0x1bca0, 0x1bca3},  // shorthand format controls
    range{0x1d173, 0x1d17a},  // musical format controls
    range{0xe0000, 0xe0fff},  // tags, variation selectors
};

bool is_unsafe(std::uint32_t character)
{
    return std::ranges::any_of(unsafe_characters,
                               [character](range each) { return each.first <= character && character <= each.last; });
}

void append_escape(std::string& out, std::uint32_t value)
{
    constexpr std::string_view digits = "0123456789abcdef";
    int const width = value < 0x100 ? 2 : value < 0x10000 ? 4 : 8;
    out += width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U";
    for (int shift = 4 * (width - 1); shift >= 0; shift -= 4)
        out += digits[(value >> shift) & 0xf];
}

}  // namespace

std::string harmless(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        auto const [character, size] = first_character(text);
        if (size == 0)
            append_escape(result, static_cast<unsigned char>(text.front()));
        else if (text.starts_with("\r\n"))
            ;
        else if (is_unsafe(character))
            append_escape(result, character);
        else
            result.append(text.substr(0, size));
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

}  // namespace coqmp::detail
