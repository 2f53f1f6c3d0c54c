// The text that a string in a client's message stands for, as QEMU reads it.
#ifndef COQMP_SRC_PROTOCOL_STRING_TOKEN_HPP
#define COQMP_SRC_PROTOCOL_STRING_TOKEN_HPP

#include "detail/utf8_character.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coqmp::protocol {

/// The size of the token at the front of the text, with its quotes.
/// @param text begins with a complete string, as json_scanner finds it, in quotes of either kind
[[nodiscard]] std::size_t string_token_size(std::string_view text) noexcept;

/// Replaces `decoded` by the text in UTF-8, in which U+0000 is one byte.
/// @param token a complete string with its quotes
/// @return what is wrong with it, in QEMU's words, if anything
[[nodiscard]] std::optional<std::string> decode_string_token(std::string_view token, std::string& decoded);

/// The first character by QEMU's rules: U+0000 may also be the bytes C0 80, and noncharacters are not UTF-8.
/// @param text not empty
[[nodiscard]] detail::utf8_character first_qemu_character(std::string_view text) noexcept;

/// The number of bytes at the front that are not UTF-8 and count as one invalid character.
[[nodiscard]] std::size_t invalid_size(std::string_view text) noexcept;

}  // namespace coqmp::protocol

#endif
