// Characters and columns of a text, as a terminal shows them.
#ifndef QMP_SHELL_TERMINAL_TEXT_HPP
#define QMP_SHELL_TERMINAL_TEXT_HPP

#include "language/read/unicode.hpp"
#include "language/text.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace qmp_shell {

/// How many characters a text has (UTF-8).
[[nodiscard]] std::size_t characters_in(std::string_view text);

/// How many columns of a terminal a text takes (UTF-8; control characters count as the two that libedit shows for them).
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// A part of a line, as it is shown with a caret below it.
struct excerpt
{
    std::string text;
    std::size_t caret = 0;  ///< in columns
};

/// What stands around a column (in bytes) of a line: a line may have megabytes, and only some 200 columns are useful.
[[nodiscard]] excerpt excerpt_at(std::string_view line, std::size_t column);

/// A word for a shell such as bash: in quotes if it needs them.
[[nodiscard]] std::string quoted_for_shell(std::string_view word);

/// `2.5 s`
[[nodiscard]] std::string in_seconds(std::chrono::nanoseconds duration);

}  // namespace qmp_shell

#endif
