// Values as JSON writes them, or Python: `{"a": true}`, `{'a': True}`.
// Invariant: numbers are exact or refused, and the stack is bounded.
#ifndef QMP_SHELL_LANGUAGE_READ_LITERAL_HPP
#define QMP_SHELL_LANGUAGE_READ_LITERAL_HPP

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace qmp_shell {

enum class notation {
    json,   ///< JSON and nothing else
    python  ///< what Python says in another way, too: single quotes, True, None, tuples, a comma at the end
};

/// QEMU reads no deeper.
inline constexpr std::size_t most_levels = 1024;

/// What is wrong with a text, and where. It is thrown.
struct literal_error
{
    std::size_t offset = 0;
    std::string message;
};

/// Reads one value that is the whole text. @throws literal_error
[[nodiscard]] boost::json::value read_literal(std::string_view text, notation allowed);

/// Where the name of a member stands in a literal that has been read. @param path as QEMU writes it: `a.b[0].c`
[[nodiscard]] std::optional<std::size_t> find_member(std::string_view text, std::string_view path);

/// Reads the quoted text that begins at `position`, and moves that behind its closing quote.
/// @throws literal_error
[[nodiscard]] std::string read_quoted(std::string_view text, std::size_t& position, notation allowed);

/// Whether a text is a number as JSON writes it, whatever its size.
[[nodiscard]] bool is_number(std::string_view text);

/// Reads a number for which is_number() is true. @throws literal_error if it is too large
[[nodiscard]] boost::json::value read_number(std::string_view text);

}  // namespace qmp_shell

#endif
