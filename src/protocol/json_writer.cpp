// The limits are QEMU's own, confirmed with 7.2.22 (`-M none`, monitor on stdio). It answered a command whose whole message had
// 1,024 levels of nesting or 2,097,152 tokens under its id. One more level produced 1,030 errors without an id, one more token
// one or two. It answered a Unicode noncharacter (U+FFFE, U+FDD0, U+1FFFF), raw or escaped, with "invalid UTF-8 sequence in
// string" without an id, and accepted U+0000 as \u0000, U+007F and U+10FFFD.
#include "protocol/json_writer.hpp"

#include <coqmp/error.hpp>

#include "detail/utf8_character.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

constexpr std::size_t max_tokens = std::size_t{2} << 20;
constexpr std::size_t max_levels = 1024;

std::string_view view(json::string_view text) noexcept
{
    return {text.data(), text.size()};
}

/// The characters that a string contains unescaped: ASCII except for control characters, the quote and the backslash.
constexpr auto is_plain = [] {
    std::array<bool, 256> result{};
    for (std::size_t character = ' '; character < 0x80; ++character)
        result[character] = character != '"' && character != '\\';
    return result;
}();

std::size_t plain_length(std::string_view text) noexcept
{
    std::size_t length = 0;
    while (length < text.size() && is_plain[static_cast<unsigned char>(text[length])])
        ++length;
    return length;
}

bool is_noncharacter(std::uint32_t point) noexcept
{
    return (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe;
}

/// The number of bytes of the first character. @return 0 if it is not UTF-8, or a noncharacter
std::size_t multibyte_length(std::string_view text) noexcept
{
    auto const [point, size] = detail::first_character(text);
    return is_noncharacter(point) ? 0 : size;
}

}  // namespace

bool json_writer::value(json::value const& any, std::size_t level)
{
    switch (any.kind()) {
        case json::kind::null:
            return word("null");
        case json::kind::bool_:
            return word(any.get_bool() ? "true" : "false");
        case json::kind::int64:
            return written_number(any.get_int64());
        case json::kind::uint64:
            return written_number(any.get_uint64());
        case json::kind::double_:
            return real(any.get_double());
        case json::kind::string:
            return text(view(any.get_string()));
        case json::kind::array:
            return array(any.get_array(), level);
        case json::kind::object:
            return object(any.get_object(), level);
    }
    return refuse(errc::arguments_not_json);
}

// Checks the level before it recurses, so the stack that it uses is bounded, too.
bool json_writer::object(json::object const& members, std::size_t level)
{
    if (level > max_levels)
        return refuse(errc::arguments_too_deep);
    if (!punctuation('{'))
        return false;
    bool first = true;
    for (json::key_value_pair const& each : members) {
        if (!first && !punctuation(','))
            return false;
        first = false;
        if (!member(view(each.key())) || !value(each.value(), level + 1))
            return false;
    }
    return punctuation('}');
}

bool json_writer::array(json::array const& elements, std::size_t level)
{
    if (level > max_levels)
        return refuse(errc::arguments_too_deep);
    if (!punctuation('['))
        return false;
    bool first = true;
    for (json::value const& each : elements) {
        if (!first && !punctuation(','))
            return false;
        first = false;
        if (!value(each, level + 1))
            return false;
    }
    return punctuation(']');
}

bool json_writer::text(std::string_view characters)
{
    if (characters.size() > max_size_)
        return refuse(errc::arguments_too_large);
    output_ += '"';
    for (std::size_t length = plain_length(characters);; length = plain_length(characters)) {
        output_.append(characters, 0, length);
        characters.remove_prefix(length);
        if (characters.empty())
            break;
        if (!special(characters))
            return false;
    }
    output_ += '"';
    return counted();
}

bool json_writer::special(std::string_view& characters)
{
    char const first = characters.front();
    std::size_t length = 1;
    if (static_cast<unsigned char>(first) < 0x80) {
        if (!escaped(first))
            return false;
    } else {
        length = multibyte_length(characters);
        if (length == 0)
            return refuse(errc::arguments_not_json);
        output_.append(characters, 0, length);
    }
    characters.remove_prefix(length);
    return true;
}

bool json_writer::escaped(char character)
{
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::string_view named = "\"\\\b\f\n\r\t";
    constexpr std::string_view names = "\"\\bfnrt";
    output_ += '\\';
    if (std::size_t const found = named.find(character); found != std::string_view::npos) {
        output_ += names[found];
    } else {
        auto const code = static_cast<unsigned char>(character);
        output_.append("u00").append(1, digits[code >> 4]).append(1, digits[code & 0xf]);
    }
    // One character of input becomes up to six bytes, so the size must be checked here, too.
    return output_.size() - start_ <= max_size_ || refuse(errc::arguments_too_large);
}

bool json_writer::word(std::string_view token)
{
    output_.append(token);
    return counted();
}

template <class Number>
bool json_writer::written_number(Number number)
{
    std::array<char, 32> buffer;
    auto const [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return word(std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data())));
}

bool json_writer::real(double number)
{
    if (!std::isfinite(number))
        return refuse(errc::arguments_not_json);
    std::size_t const begin = output_.size();
    if (!written_number(number))
        return false;
    // The shortest form of 1.0 is `1`, which QEMU would read as an integer.
    if (output_.find_first_of(".e", begin) == std::string::npos)
        output_.append(".0");
    return true;
}

bool json_writer::counted()
{
    ++tokens_;
    return within_limits();
}

bool json_writer::within_limits()
{
    return (tokens_ <= max_tokens && output_.size() - start_ <= max_size_) || refuse(errc::arguments_too_large);
}

bool json_writer::refuse(errc reason) noexcept
{
    refusal_ = reason;
    return false;
}

}  // namespace coqmp::protocol
