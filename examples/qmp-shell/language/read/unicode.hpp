// UTF-8, one code point after the other, and which code points may reach a terminal.
#ifndef QMP_SHELL_LANGUAGE_READ_UNICODE_HPP
#define QMP_SHELL_LANGUAGE_READ_UNICODE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qmp_shell {

/// One code point at the beginning of a text. Its length is 0 if the text does not begin with UTF-8.
struct code_point
{
    std::uint32_t value = 0;
    std::size_t length = 0;
};

/// @param text is not empty
[[nodiscard]] code_point first_code_point(std::string_view text);

/// @return the position of the first byte that is not UTF-8; npos: all bytes are
[[nodiscard]] std::size_t find_no_utf8(std::string_view text);

/// The only table of the characters that are not what they look like.
struct odd_character
{
    std::uint32_t first;
    std::uint32_t last;
    std::string_view name;
    bool may_be_shown;  ///< a terminal neither obeys nor hides it
};

/// @return null: it is an ordinary character
[[nodiscard]] odd_character const* find_odd_character(std::uint32_t code_point);

/// Whether a terminal shows this character instead of obeying or hiding it. It obeys a line end and a tab, too.
[[nodiscard]] bool may_be_shown(std::uint32_t code_point);

/// Foreign text without the characters that must not be shown, but with its line ends and tabs. Bytes that are not UTF-8 become
/// U+FFFD, because some terminals take them for control characters.
[[nodiscard]] std::string harmless(std::string_view text);

/// The same on one line, for a name: line ends and tabs become blanks, and there are none at its ends.
[[nodiscard]] std::string in_one_line(std::string_view text);

/// What a sentence quotes, which may be a megabyte: its first characters, and `...` if that is not all.
[[nodiscard]] std::string abbreviated(std::string_view text, std::size_t most = 60);

}  // namespace qmp_shell

#endif
