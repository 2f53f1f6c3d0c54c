// The white space between words.
#ifndef QMP_SHELL_LANGUAGE_READ_WHITE_SPACE_HPP
#define QMP_SHELL_LANGUAGE_READ_WHITE_SPACE_HPP

#include <cstddef>
#include <string_view>

namespace qmp_shell {

inline constexpr std::string_view white = " \t\r\n";

[[nodiscard]] constexpr bool is_white(char character) noexcept
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

/// Without white space at both ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept
{
    std::size_t const begin = text.find_first_not_of(white);
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(white) + 1 - begin);
}

}  // namespace qmp_shell

#endif
