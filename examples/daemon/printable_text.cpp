#include "daemon/printable_text.hpp"

#include <boost/locale/utf.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace coqmp_daemon {

namespace {

struct range
{
    std::uint32_t first;
    std::uint32_t last;
};

constexpr std::array unsafe_characters = {
    range{0x00, 0x1f},        // C0
    range{0x7f, 0x9f},        // delete and C1
    range{0xad, 0xad},        // soft hyphen
    range{0x61c, 0x61c},      // Arabic letter mark
    range{0x180e, 0x180e},    // Mongolian vowel separator
    range{0x200b, 0x200f},    // zero width, direction marks
    range{0x2028, 0x202e},    // line and paragraph separators, embeddings and overrides
    range{0x2060, 0x206f},    // word joiner, invisible operators, isolates
    range{0xfeff, 0xfeff},    // zero width no-break space
    range{0xfff9, 0xfffb},    // interlinear annotations
    range{0xe0000, 0xe007f},  // tags
};

bool is_unsafe(std::uint32_t character)
{
    return std::ranges::any_of(unsafe_characters,
                               [character](range each) { return each.first <= character && character <= each.last; });
}

std::string escaped(std::uint32_t value)
{
    if (value == '\n')
        return "\\n";
    if (value == '\t')
        return "\\t";
    constexpr std::string_view digits = "0123456789abcdef";
    int const width = value < 0x100 ? 2 : value < 0x10000 ? 4 : 8;
    std::string result = width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U";
    for (int shift = 4 * (width - 1); shift >= 0; shift -= 4)
        result += digits[(value >> shift) & 0xf];
    return result;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most)
{
    using utf8 = boost::locale::utf::utf_traits<char>;
    constexpr std::string_view cut = "...";
    std::string result;
    std::size_t fits = 0;  // the length of the longest beginning to which "..." can be added
    char const* at = text.data();
    char const* const end = at + text.size();
    while (at != end) {
        char const* const begin = at;
        boost::locale::utf::code_point const character = utf8::decode(at, end);
        bool const is_utf8 = character != boost::locale::utf::illegal && character != boost::locale::utf::incomplete;
        if (!is_utf8)
            at = begin + 1;
        if (!is_utf8 || is_unsafe(character))
            result += escaped(is_utf8 ? character : static_cast<unsigned char>(*begin));
        else
            result.append(begin, at);
        if (result.size() > most)
            return result.substr(0, fits).append(cut);
        if (result.size() + cut.size() <= most)
            fits = result.size();
    }
    return result;
}

std::string quoted_for_shell(std::string_view word)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos)
        return std::string(word);
    std::string result = "'";
    for (char const each : word) {
        if (each == '\'')
            result += "'\\''";
        else
            result += each;
    }
    return result + '\'';
}

}  // namespace coqmp_daemon
