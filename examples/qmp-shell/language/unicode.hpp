// UTF-8, one code point after the other, and what of it may reach a terminal.
#ifndef QMP_SHELL_UNICODE_HPP
#define QMP_SHELL_UNICODE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qmp_shell {

/// One code point at the beginning of a text. Its length is 0 if there is no UTF-8 at all.
struct code_point
{
    std::uint32_t value = 0;
    std::size_t length = 0;
};

/// @param text is not empty
[[nodiscard]] code_point first_code_point(std::string_view text);

/// @return where the first byte is that is no UTF-8; npos: all of it is
[[nodiscard]] std::size_t find_no_utf8(std::string_view text);

/// The one table of the characters that are not what they look like.
struct odd_character
{
    std::uint32_t first;
    std::uint32_t last;
    std::string_view name;
    bool may_be_shown;  ///< a terminal neither obeys nor hides it
};

/// @return null: it is a character like all others
[[nodiscard]] odd_character const* find_odd_character(std::uint32_t code_point);

/// Whether a terminal shows this character instead of obeying or hiding it. It obeys a line end and a tab, too.
[[nodiscard]] bool may_be_shown(std::uint32_t code_point);

/// A text from elsewhere without what may not be shown, except line ends and tabs. What is not UTF-8 becomes U+FFFD: some
/// terminals take such bytes for control characters.
[[nodiscard]] std::string harmless(std::string_view text);

/// The same in one line, as a name is: its line ends and tabs are blanks, and there are none at its ends.
[[nodiscard]] std::string in_one_line(std::string_view text);

/// What a sentence quotes, which may be a megabyte: its first characters, and `...` if that is not all.
[[nodiscard]] std::string abbreviated(std::string_view text, std::size_t most = 60);

}  // namespace qmp_shell

#endif
