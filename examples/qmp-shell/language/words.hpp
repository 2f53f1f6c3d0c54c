// Words, lines and white space of a text, and words for a sentence or a command line.
#ifndef QMP_SHELL_LANGUAGE_WORDS_HPP
#define QMP_SHELL_LANGUAGE_WORDS_HPP

#include <chrono>
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

/// Splits at an end such as a line's; the last part may be without one.
[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view text, char end);

[[nodiscard]] std::string joined(std::vector<std::string> const& parts, std::string_view between);

/// Whether a name matches a pattern such as `BLOCK_*`, in upper or lower case.
[[nodiscard]] bool matches(std::string const& pattern, std::string const& name);

/// What may have been meant, at the end of a sentence: ` (did you mean a?)`. @param otherwise what to say if there is no suggestion
[[nodiscard]] std::string suggestion(std::vector<std::string> const& suggestions, std::string_view otherwise = {});

/// A word for a shell such as bash: in quotes if it needs them.
[[nodiscard]] std::string quoted_for_shell(std::string_view word);

/// `2.5 s`
[[nodiscard]] std::string in_seconds(std::chrono::nanoseconds duration);

}  // namespace qmp_shell

#endif
