// The white space between words.
#ifndef QMP_SHELL_WHITE_HPP
#define QMP_SHELL_WHITE_HPP

#include <string_view>

namespace qmp_shell {

inline constexpr std::string_view white = " \t\r\n";

[[nodiscard]] constexpr bool is_white(char character) noexcept
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

}  // namespace qmp_shell

#endif
