// Foreign text in a line of a log or of an error message.
#ifndef COQMP_DAEMON_PRINTABLE_TEXT_HPP
#define COQMP_DAEMON_PRINTABLE_TEXT_HPP

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace coqmp_daemon {

/// The text on one line, with escapes (`\n`, `\x1b`, `\u202e`) for line ends and other control characters, for characters that
/// change the direction of writing, for invisible characters, and for bytes that are not UTF-8. All other text, including
/// backslashes, stays as it is: the result is for people, and is not meant to be decoded.
/// @param most how many bytes the result has at most; a longer one ends with `...`. At least 3.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = std::numeric_limits<std::size_t>::max());

/// A word for a shell such as bash, in quotes if it needs them.
[[nodiscard]] std::string quoted_for_shell(std::string_view word);

}  // namespace coqmp_daemon

#endif
