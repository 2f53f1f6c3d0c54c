// Numbers that Boost.JSON does not read exactly, or rejects.
#ifndef COQMP_SRC_PROTOCOL_EXACT_NUMBER_HPP
#define COQMP_SRC_PROTOCOL_EXACT_NUMBER_HPP

#include "protocol/split_text.hpp"

#include <cstddef>
#include <string_view>

namespace coqmp::protocol {

/// Reads the number again, because Boost.JSON 1.81 rounds: its last digit depends on where the input is split, and it computes
/// 0e400 as zero times infinity.
/// @param rough the result of Boost.JSON
[[nodiscard]] double exact(std::string_view number, double rough) noexcept;

[[nodiscard]] inline bool is_digit(char byte) noexcept
{
    return byte >= '0' && byte <= '9';
}

/// Boost.JSON rejects an exponent of 2^31 or more. An exponent of nine digits, not counting leading zeros, already makes any
/// number zero or infinite.
constexpr std::size_t most_exponent_digits = 9;

/// A number that arrives in parts: its text, whether its exponent has begun, and how many digits of that have arrived.
class cut_number
{
public:
    /// Keeps a part that others will follow.
    void append(std::string_view part);

    /// Ends the number. @return its whole text, valid until the next call
    [[nodiscard]] std::string_view finish(std::string_view last_part)
    {
        forget_exponent();
        return text_.finish(last_part);
    }

    /// Drops the parts of a number that is not needed, or whose value is known.
    void drop() noexcept
    {
        forget_exponent();
        text_.drop();
    }

    /// Frees the memory if it is too much to keep for the next message.
    void free_large_buffer() noexcept { text_.free_large_buffer(); }

    [[nodiscard]] bool in_exponent() const noexcept { return in_exponent_; }
    [[nodiscard]] std::size_t exponent_digits() const noexcept { return digits_; }
    [[nodiscard]] bool is_full() const noexcept { return digits_ == most_exponent_digits; }

private:
    void forget_exponent() noexcept
    {
        in_exponent_ = false;
        digits_ = 0;
    }

    split_text text_;
    bool in_exponent_ = false;
    std::size_t digits_ = 0;
};

/// The length of the longest prefix of the input in which no exponent has too many digits: the parser may read it at once.
[[nodiscard]] std::size_t harmless_size(std::string_view text, cut_number const& begun) noexcept;

}  // namespace coqmp::protocol

#endif
