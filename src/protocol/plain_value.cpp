#include "protocol/plain_value.hpp"

#include <array>
#include <cstdint>

namespace coqmp::protocol {

namespace {

enum class byte_kind : std::uint8_t { plain, quote, escape, open, close, separator, other };

/// What a byte is outside strings. In a string, only quotes, escapes and bytes that are not printable ASCII matter.
constexpr auto kinds = [] {
    std::array<byte_kind, 256> result{};
    for (std::size_t byte = 0; byte < result.size(); ++byte)
        result.at(byte) = byte >= ' ' && byte < 0x7f ? byte_kind::plain : byte_kind::other;
    result['"'] = byte_kind::quote;
    result['\\'] = byte_kind::escape;
    result['{'] = result['['] = byte_kind::open;
    result['}'] = result[']'] = byte_kind::close;
    result[','] = result[':'] = byte_kind::separator;
    return result;
}();

byte_kind kind_of(char byte) noexcept
{
    return kinds[static_cast<unsigned char>(byte)];
}

constexpr auto stops_string = [] {
    std::array<bool, 256> result{};
    for (std::size_t byte = 0; byte < result.size(); ++byte)
        result.at(byte) =
            kinds.at(byte) == byte_kind::quote || kinds.at(byte) == byte_kind::escape || kinds.at(byte) == byte_kind::other;
    return result;
}();

/// The brackets that are open.
class nesting
{
public:
    [[nodiscard]] bool open(char bracket) noexcept
    {
        open_ = open_ << 1U | (bracket == '{' ? 1U : 0U);
        return ++depth_ <= 64;
    }
    [[nodiscard]] bool close(char bracket) noexcept
    {
        bool const fits = (open_ & 1U) == (bracket == '}' ? 1U : 0U);
        open_ >>= 1U;
        --depth_;
        return fits;
    }
    [[nodiscard]] bool is_outside() const noexcept { return depth_ == 0; }

private:
    std::uint64_t open_ = 0;
    unsigned depth_ = 0;
};

}  // namespace

std::size_t plain_string_size(std::string_view text) noexcept
{
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!stops_string[static_cast<unsigned char>(text[at])])
            continue;
        if (kind_of(text[at]) == byte_kind::quote)
            return at;
        if (kind_of(text[at]) == byte_kind::other)
            break;
        ++at;  // the escaped character
    }
    return std::string_view::npos;
}

std::size_t plain_value_size(std::string_view text) noexcept
{
    nesting brackets;
    for (std::size_t at = 0; at < text.size(); ++at) {
        byte_kind const kind = kind_of(text[at]);
        if (kind == byte_kind::plain)
            continue;
        if (kind == byte_kind::quote) {
            std::size_t const size = plain_string_size(text.substr(at + 1));
            if (size == std::string_view::npos)
                return 0;
            at += size + 1;
        } else if (kind == byte_kind::open) {
            if (!brackets.open(text[at]))
                return 0;
        } else if (brackets.is_outside() && (kind == byte_kind::separator || kind == byte_kind::close)) {
            return at;
        } else if (kind == byte_kind::close) {
            if (!brackets.close(text[at]))
                return 0;
            if (brackets.is_outside())
                return at + 1;
        } else if (kind != byte_kind::separator) {
            return 0;
        }
    }
    return brackets.is_outside() ? text.size() : 0;
}

}  // namespace coqmp::protocol
