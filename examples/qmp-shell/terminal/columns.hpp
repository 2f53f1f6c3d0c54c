// Characters and columns of a text, as a terminal shows them.
#ifndef QMP_SHELL_TERMINAL_COLUMNS_HPP
#define QMP_SHELL_TERMINAL_COLUMNS_HPP

#include "language/read/unicode.hpp"
#include "language/words.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace qmp_shell {

/// How many characters a text has (UTF-8).
[[nodiscard]] std::size_t characters_in(std::string_view text);

/// Where the character begins that ends before `position`, which is not 0.
[[nodiscard]] std::size_t previous_character(std::string_view text, std::size_t position);

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

}  // namespace qmp_shell

#endif
