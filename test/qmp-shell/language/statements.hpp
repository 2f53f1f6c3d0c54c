// Statements as one line of text each, so that a test is a table.
#ifndef QMP_SHELL_TEST_STATEMENTS_HPP
#define QMP_SHELL_TEST_STATEMENTS_HPP

#include "language/read/syntax.hpp"

#include <iosfwd>
#include <string>
#include <string_view>

namespace qmp_shell::test {

/// What is typed, and what becomes of it.
struct sample
{
    std::string typed;
    std::string meaning;
};

std::ostream& operator<<(std::ostream& out, sample const& what);

/// `name {"a": 1} --oob --fd x=/y`, `:name [rest]`, `nothing`, or the error below the text as a person sees it: `^12 message`,
/// or `^12 2 back message` if it is not in the last line.
[[nodiscard]] std::string in_words(statement const& what);

/// Reads lines (separated by line feeds) and returns the last one's meaning; all before it mean nothing yet.
[[nodiscard]] std::string read_all(std::string_view lines, coqmp::schema const* known);

}  // namespace qmp_shell::test

#endif
