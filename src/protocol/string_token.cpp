// Rules and words are as measured with QEMU 7.2.22 (`-M none`). It accepts \' in both kinds of string, and U+0000 as \u0000 or as the
// bytes C0 80. It rejects noncharacters (U+FFFF, U+FDD0) and surrogates that are not a pair.
#include "protocol/string_token.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace coqmp::protocol {

namespace {

constexpr std::uint32_t no_character = 0xffff'ffff;  // is_not_a_character() is true of it

bool is_not_a_character(std::uint32_t point) noexcept
{
    bool const is_surrogate = point >= 0xd800 && point <= 0xdfff;
    return point > 0x10ffff || is_surrogate || (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe;
}

void append_character(std::uint32_t point, std::string& output)
{
    auto const append = [&output](std::uint32_t byte) { output += static_cast<char>(byte); };
    if (point < 0x80)
        return append(point);
    if (point < 0x800) {
        append(0xc0 | (point >> 6));
    } else if (point < 0x10000) {
        append(0xe0 | (point >> 12));
        append(0x80 | ((point >> 6) & 0x3f));
    } else {
        append(0xf0 | (point >> 18));
        append(0x80 | ((point >> 12) & 0x3f));
        append(0x80 | ((point >> 6) & 0x3f));
    }
    append(0x80 | (point & 0x3f));
}

/// The value of four hexadecimal digits at the front.
std::uint32_t four_digits(std::string_view text) noexcept
{
    std::string_view const digits = text.substr(0, 4);
    std::uint32_t value = 0;
    auto const [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc() && stop == digits.data() + 4 ? value : no_character;
}

/// Decodes what follows \u. @param rest not empty; the digits are removed
/// @return no_character if it is not four digits, or half of a pair whose other half is missing
std::uint32_t take_code_point(std::string_view& rest) noexcept
{
    constexpr std::size_t digits = 4;
    std::uint32_t const first = four_digits(rest);
    if (first == no_character)
        return first;
    rest.remove_prefix(digits);
    if (first >= 0xd800 && first <= 0xdbff && rest.starts_with("\\u")) {
        std::uint32_t const second = four_digits(rest.substr(2));
        if (second < 0xdc00 || second > 0xdfff)
            return no_character;
        rest.remove_prefix(2 + digits);
        return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    }
    return first;
}

/// @param text what follows the backslash; the rest of the escape is removed
std::optional<std::string> decode_escape(std::string_view& text, std::string& decoded)
{
    constexpr std::string_view names = "\"'\\/bfnrt";
    constexpr std::string_view meanings = "\"'\\/\b\f\n\r\t";
    char const name = text.front();
    std::string_view const all(text.data() - 1, text.size() + 2);  // including the closing quote
    text.remove_prefix(1);
    if (std::size_t const found = names.find(name); found != std::string_view::npos) {
        decoded += meanings[found];
        return std::nullopt;
    }
    if (name != 'u')
        return "invalid escape sequence in string";
    std::uint32_t const point = take_code_point(text);
    if (is_not_a_character(point)) {
        // QEMU shows as many bytes as the escape (or the pair) has, even if that includes the closing quote.
        std::size_t const shown = point == no_character ? 6 : static_cast<std::size_t>(text.data() - all.data());
        return std::string(all.substr(0, shown)) + " is not a valid Unicode character";
    }
    append_character(point, decoded);
    return std::nullopt;
}

}  // namespace

std::size_t string_token_size(std::string_view text) noexcept
{
    std::size_t at = 1;
    while (text[at] != text.front())
        at += text[at] == '\\' ? 2 : 1;
    return at + 1;
}

detail::utf8_character first_qemu_character(std::string_view text) noexcept
{
    if (text.starts_with("\xc0\x80"))
        return {0, 2};
    detail::utf8_character const first = detail::first_character(text);
    return is_not_a_character(first.code_point) ? detail::utf8_character{0, 0} : first;
}

std::size_t invalid_size(std::string_view text) noexcept
{
    auto const byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    std::size_t announced = 1;
    for (unsigned char bit = 0x40; byte(0) >= 0xc0 && byte(0) < 0xfe && (byte(0) & bit) != 0; bit /= 2)
        ++announced;
    std::size_t size = 1;
    while (size < std::min(announced, text.size()) && (byte(size) & 0xc0) == 0x80)
        ++size;
    return size;
}

std::optional<std::string> decode_string_token(std::string_view token, std::string& decoded)
{
    decoded.clear();
    std::string_view rest = token.substr(1, token.size() - 2);
    while (!rest.empty()) {
        auto const special = [](char each) { return each == '\\' || static_cast<unsigned char>(each) >= 0x80; };
        auto const plain = static_cast<std::size_t>(std::ranges::find_if(rest, special) - rest.begin());
        decoded += rest.substr(0, plain);
        rest.remove_prefix(plain);
        if (rest.empty())
            break;
        if (rest.front() == '\\') {
            rest.remove_prefix(1);
            if (auto error = decode_escape(rest, decoded))
                return error;
            continue;
        }
        detail::utf8_character const next = first_qemu_character(rest);
        if (next.size == 0)
            return "invalid UTF-8 sequence in string";
        append_character(next.code_point, decoded);
        rest.remove_prefix(next.size);
    }
    return std::nullopt;
}

}  // namespace coqmp::protocol
