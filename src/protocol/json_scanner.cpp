// What QEMU 7.2.22 (`-M none`) answered shows its rules. A byte that cannot continue a token makes the token malformed and is part
// of it: `01`, `1.x`, `"a` and a line feed. One error follows. Then everything is skipped up to a bracket, a brace, a comma, a colon,
// a control character other than a tab, 0xFE or 0xFF, which is the next byte that counts: `AB"a" 1{}` is an error and an object. 0xFE and 0xFF, and
// control characters that are not white space, are malformed in every state, so that they always end what is left of bad input.
#include "protocol/json_scanner.hpp"

#include "protocol/exact_number.hpp"

#include <algorithm>

namespace coqmp::protocol {

namespace {

bool is_small_letter(char byte) noexcept
{
    return byte >= 'a' && byte <= 'z';
}

bool is_exponent(char byte) noexcept
{
    return byte == 'e' || byte == 'E';
}

/// Whether the byte may be part of a string.
bool is_text(char byte) noexcept
{
    auto const code = static_cast<unsigned char>(byte);
    return code >= 0x20 && code < 0xfe;
}

bool ends_skipping(char byte) noexcept
{
    constexpr std::string_view structure = "{}[],:";
    return byte != '\t' && (!is_text(byte) || structure.find(byte) != std::string_view::npos);
}

}  // namespace

json_scanner::step json_scanner::go(state next) noexcept
{
    state_ = next;
    return {token_kind::none, true};
}

json_scanner::step json_scanner::end(token_kind kind) noexcept
{
    state_ = state::start;
    return {kind, true};
}

json_scanner::step json_scanner::end_before(token_kind kind) noexcept
{
    state_ = state::start;
    return {kind, false};
}

json_scanner::step json_scanner::malformed() noexcept
{
    state_ = state::skipping;
    return {token_kind::malformed, true};
}

json_scanner::step json_scanner::take(char byte) noexcept
{
    switch (state_) {
        case state::start:
            return begin(byte);
        case state::skipping:
            if (!ends_skipping(byte))
                return {token_kind::outside, true};
            state_ = state::start;
            return begin(byte);
        case state::double_quoted:
            return in_string(byte, '"', state::double_quoted, state::double_quoted_escape);
        case state::single_quoted:
            return in_string(byte, '\'', state::single_quoted, state::single_quoted_escape);
        case state::double_quoted_escape:
            return is_text(byte) ? go(state::double_quoted) : malformed();
        case state::single_quoted_escape:
            return is_text(byte) ? go(state::single_quoted) : malformed();
        case state::keyword:
            return is_small_letter(byte) ? go(state::keyword) : end_before(token_kind::keyword);
        default:
            return in_number(byte);
    }
}

json_scanner::step json_scanner::begin(char byte) noexcept
{
    switch (byte) {
        case '{':
            return end(token_kind::open_brace);
        case '}':
            return end(token_kind::close_brace);
        case '[':
            return end(token_kind::open_bracket);
        case ']':
            return end(token_kind::close_bracket);
        case ',':
            return end(token_kind::comma);
        case ':':
            return end(token_kind::colon);
        case '"':
            return go(state::double_quoted);
        case '\'':
            return go(state::single_quoted);
        case '-':
            return go(state::minus);
        case '0':
            return go(state::zero);
        case ' ':
        case '\t':
        case '\r':
        case '\n':
            return {token_kind::outside, true};
        default:
            if (is_digit(byte))
                return go(state::integer);
            return is_small_letter(byte) ? go(state::keyword) : malformed();
    }
}

json_scanner::step json_scanner::in_string(char byte, char quote, state inside, state escape) noexcept
{
    if (byte == quote)
        return end(token_kind::string);
    if (byte == '\\')
        return go(escape);
    return is_text(byte) ? go(inside) : malformed();
}

json_scanner::step json_scanner::in_number(char byte) noexcept
{
    bool const digit = is_digit(byte);
    switch (state_) {
        case state::minus:
            if (byte == '0')
                return go(state::zero);
            return digit ? go(state::integer) : malformed();
        case state::zero:  // QEMU knows no 0e5: it reads a zero and a keyword
            if (digit)
                return malformed();
            return byte == '.' ? go(state::point) : end_before(token_kind::number);
        case state::integer:
            if (byte == '.')
                return go(state::point);
            if (is_exponent(byte))
                return go(state::exponent_mark);
            return digit ? go(state::integer) : end_before(token_kind::number);
        case state::point:
            return digit ? go(state::fraction) : malformed();
        case state::fraction:
            if (is_exponent(byte))
                return go(state::exponent_mark);
            return digit ? go(state::fraction) : end_before(token_kind::number);
        case state::exponent_mark:
            if (byte == '+' || byte == '-')
                return go(state::exponent_sign);
            return digit ? go(state::exponent) : malformed();
        case state::exponent_sign:
            return digit ? go(state::exponent) : malformed();
        default:
            return digit ? go(state::exponent) : end_before(token_kind::number);
    }
}

std::size_t json_scanner::string_run(std::string_view input) const noexcept
{
    if (!is_in_string())
        return 0;
    char const quote = state_ == state::double_quoted ? '"' : '\'';
    auto const continues = [quote](char byte) { return is_text(byte) && byte != quote && byte != '\\'; };
    auto const stop = std::find_if_not(input.begin(), input.end(), continues);
    return static_cast<std::size_t>(stop - input.begin());
}

}  // namespace coqmp::protocol
