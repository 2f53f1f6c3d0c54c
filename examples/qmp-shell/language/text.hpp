// Words, lines and white space of a text.
#ifndef QMP_SHELL_LANGUAGE_TEXT_HPP
#define QMP_SHELL_LANGUAGE_TEXT_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

inline constexpr std::string_view white = " \t\r\n";

[[nodiscard]] constexpr bool is_white(char character) noexcept
{
    return white.find(character) != std::string_view::npos;
}

/// Without white space at both ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept
{
    std::size_t const begin = text.find_first_not_of(white);
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(white) + 1 - begin);
}

/// Splits at white space, without empty parts.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

/// Splits at line ends; the last line may be without one.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

[[nodiscard]] std::string joined(std::vector<std::string> const& parts, std::string_view between);

/// Whether a name matches a pattern such as `BLOCK_*`, in upper or lower case.
[[nodiscard]] bool matches(std::string const& pattern, std::string const& name);

}  // namespace qmp_shell

#endif
