// Values as JSON writes them, or Python: `{"a": true}`, `{'a': True}`.
// Invariant: numbers are exact or refused, and the stack is bounded.
#ifndef QMP_SHELL_LANGUAGE_READ_LITERAL_HPP
#define QMP_SHELL_LANGUAGE_READ_LITERAL_HPP

#include "language/read/value_scanner.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace qmp_shell {

/// Reads one value that is the whole text. @throws literal_error
[[nodiscard]] boost::json::value read_literal(std::string_view text, notation allowed);

/// Whether a text is a number as JSON writes it, whatever its size.
[[nodiscard]] bool is_number(std::string_view text);

/// Reads a number for which is_number() is true. @throws literal_error if it is too large
[[nodiscard]] boost::json::value read_number(std::string_view text);

}  // namespace qmp_shell

#endif
