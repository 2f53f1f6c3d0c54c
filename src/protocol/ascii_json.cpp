// The form is as measured with QEMU 7.2.22 (`-M none`): `\u00E4` with capital letters, `\u007F` for DEL, `/` as it is.
#include "protocol/ascii_json.hpp"

#include "protocol/string_token.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

bool is_unescaped(char character) noexcept
{
    return character >= ' ' && character < '\x7f' && character != '"' && character != '\\';
}

void append_hexadecimal(std::string& output, std::uint32_t unit)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    output += "\\u";
    for (unsigned shift = 16; shift != 0; shift -= 4)
        output += digits[(unit >> (shift - 4)) & 0xf];
}

void append_escaped(std::string& output, std::uint32_t point)
{
    constexpr std::string_view named = "\"\\\b\f\n\r\t";
    constexpr std::string_view names = "\"\\bfnrt";
    if (point >= 0x10000) {
        append_hexadecimal(output, 0xd800 + ((point - 0x10000) >> 10));
        return append_hexadecimal(output, 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
    std::size_t const found = point < 0x80 ? named.find(static_cast<char>(point)) : std::string_view::npos;
    if (found == std::string_view::npos)
        return append_hexadecimal(output, point);
    output += '\\';
    output += names[found];
}

template <class Number>
void append_number(std::string& output, Number number)
{
    std::array<char, 32> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): to_chars() fills it
    output.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr);
}

void append_real(std::string& output, double number)
{
    if (std::isfinite(number))
        return append_number(output, number);
    // QEMU writes `inf` and `nan`, which are not JSON.
    output += std::isnan(number) ? "null" : number < 0 ? "-1e999" : "1e999";
}

void append_array(std::string& output, json::array const& array)
{
    char const* separator = "[";
    for (json::value const& each : array) {
        output += separator;
        separator = ", ";
        append_ascii(output, each);
    }
    output += array.empty() ? "[]" : "]";
}

}  // namespace

void append_ascii(std::string& output, json::object const& object)
{
    char const* separator = "{";
    for (json::key_value_pair const& each : object) {
        output += separator;
        separator = ", ";
        append_ascii_text(output, each.key());
        output += ": ";
        append_ascii(output, each.value());
    }
    output += object.empty() ? "{}" : "}";
}

void append_ascii(std::string& output, json::value const& value)
{
    switch (value.kind()) {
        case json::kind::null:
            output += "null";
            break;
        case json::kind::bool_:
            output += value.get_bool() ? "true" : "false";
            break;
        case json::kind::int64:
            return append_number(output, value.get_int64());
        case json::kind::uint64:
            return append_number(output, value.get_uint64());
        case json::kind::double_:
            return append_real(output, value.get_double());
        case json::kind::string:
            return append_ascii_text(output, value.get_string());
        case json::kind::array:
            return append_array(output, value.get_array());
        case json::kind::object:
            return append_ascii(output, value.get_object());
    }
}

void append_ascii_text(std::string& output, std::string_view text)
{
    constexpr std::uint32_t replacement = 0xfffd;
    output += '"';
    while (!text.empty()) {
        auto const plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_unescaped) - text.begin());
        output += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty())
            break;
        auto const [point, size] = first_qemu_character(text);
        append_escaped(output, size == 0 ? replacement : point);
        text.remove_prefix(size == 0 ? invalid_size(text) : size);
    }
    output += '"';
}

}  // namespace coqmp::protocol
