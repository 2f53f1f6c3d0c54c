// The extent of a JSON value, by its brackets and strings.
#ifndef COQMP_SRC_PROTOCOL_PLAIN_VALUE_HPP
#define COQMP_SRC_PROTOCOL_PLAIN_VALUE_HPP

#include <cstddef>
#include <string_view>

namespace coqmp::protocol {

/// The size of the value at the front of a text: up to its last bracket, or up to the next comma, colon or closing bracket. The reader of
/// such a value cannot take what follows for a part of it. What is between its brackets is not checked.
/// @return 0 if it is incomplete, has more than 64 levels, or has a byte that is not printable ASCII
[[nodiscard]] std::size_t plain_value_size(std::string_view text) noexcept;

/// The size of the string whose first quote is just before the text, without its last quote.
/// @return npos if it is incomplete or has a byte that is not printable ASCII
[[nodiscard]] std::size_t plain_string_size(std::string_view text) noexcept;

}  // namespace coqmp::protocol

#endif
