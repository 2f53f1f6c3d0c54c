// Splits bytes into tokens as QEMU's monitor does: JSON, and also strings in single quotes. Measured with QEMU 7.2.22.
// Invariant: it accepts every byte in every state, and after a malformed token it finds the next one by itself.
#ifndef COQMP_SRC_PROTOCOL_JSON_SCANNER_HPP
#define COQMP_SRC_PROTOCOL_JSON_SCANNER_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coqmp::protocol {

enum class token_kind : std::uint8_t {
    none,     ///< No token ends here.
    outside,  ///< The byte belongs to no token: it is white space, or skipped after a malformed token.
    open_brace,
    close_brace,
    open_bracket,
    close_bracket,
    comma,
    colon,
    number,
    string,     ///< With its quotes. Its escapes and its UTF-8 are not checked yet.
    keyword,    ///< Any small letters.
    malformed,  ///< Up to and including the byte that makes it malformed.
};

class json_scanner
{
public:
    struct step
    {
        token_kind ended;
        bool used;  ///< Whether the byte was used. If not, it comes after the token that ended: take it again.
    };

    /// Looks at the next byte.
    [[nodiscard]] step take(char byte) noexcept;

    /// Whether the next byte may continue a string.
    [[nodiscard]] bool is_in_string() const noexcept { return state_ == state::double_quoted || state_ == state::single_quoted; }

    /// Whether no token has begun, and nothing is skipped.
    [[nodiscard]] bool is_at_start() const noexcept { return state_ == state::start; }

    /// The number of bytes at the front that only continue the current string, so that they need not be taken one by one.
    [[nodiscard]] std::size_t string_run(std::string_view input) const noexcept;

    /// Forgets the current token, and begins the next one with the next byte.
    void reset() noexcept { state_ = state::start; }

private:
    enum class state : std::uint8_t {
        start,
        skipping,
        double_quoted,
        double_quoted_escape,
        single_quoted,
        single_quoted_escape,
        minus,
        zero,
        integer,
        point,
        fraction,
        exponent_mark,
        exponent_sign,
        exponent,
        keyword,
    };

    step begin(char byte) noexcept;
    step in_string(char byte, char quote, state inside, state escape) noexcept;
    step in_number(char byte) noexcept;
    step go(state next) noexcept;
    step end(token_kind kind) noexcept;
    step end_before(token_kind kind) noexcept;
    step malformed() noexcept;

    state state_ = state::start;
};

}  // namespace coqmp::protocol

#endif
