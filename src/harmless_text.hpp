// Texts of others in our own messages: what a terminal or a log would obey is escaped.
#ifndef COQMP_SRC_HARMLESS_TEXT_HPP
#define COQMP_SRC_HARMLESS_TEXT_HPP

#include <string>
#include <string_view>

namespace coqmp::detail {

/// The text with escapes (`\x1b`, `\u202e`) for control characters (C0 and C1, but not line ends and tabs), for characters that
/// change the direction of writing or that cannot be seen, and for bytes that are not UTF-8. A carriage return before a line end is
/// left out. What is harmless stays as it is, a backslash too: the result is for people, and is not meant to be decoded.
[[nodiscard]] std::string harmless(std::string_view text);

}  // namespace coqmp::detail

#endif
