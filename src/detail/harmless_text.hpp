// Foreign text in our own messages: characters that would control a terminal or a log are escaped.
#ifndef COQMP_SRC_DETAIL_HARMLESS_TEXT_HPP
#define COQMP_SRC_DETAIL_HARMLESS_TEXT_HPP

#include <string>
#include <string_view>

namespace coqmp::detail {

/// The text with escapes (`\x1b`, `\u202e`) for control characters (C0 and C1, but not line ends and tabs), for characters that
/// change the direction of writing, for invisible characters, and for bytes that are not UTF-8. A carriage return before a line
/// end is left out. All other text, including backslashes, stays as it is: the result is for people, and is not meant to be
/// decoded.
[[nodiscard]] std::string harmless(std::string_view text);

}  // namespace coqmp::detail

#endif
