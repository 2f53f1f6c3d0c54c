// Words about commands, for people.
#ifndef QMP_SHELL_LANGUAGE_EXPLAIN_HELP_HPP
#define QMP_SHELL_LANGUAGE_EXPLAIN_HELP_HPP

#include <coqmp/schema.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// Arguments with types, optional or not, deprecated, unstable; what it returns.
/// @param line the name; also with arguments, whose variants are then described: `blockdev-add driver=qcow2 file.driver=file`
/// @param width of a line, in columns
/// @return empty: there is no such command
[[nodiscard]] std::string describe_command(coqmp::schema const& known, std::string_view line, std::size_t width);

/// The same of an event. @return empty: there is no such event
[[nodiscard]] std::string describe_event(coqmp::schema const& known, std::string_view name, std::size_t width);

/// A few words for a type: `string`, `"on"|"off"|"auto"`, `[integer]`, `object`. A long enumeration is cut.
[[nodiscard]] std::string describe(coqmp::schema_type const& what);

/// What else is to be said of a member: `, optional, deprecated`.
[[nodiscard]] std::string remarks(coqmp::schema_member const& what);

/// Names that resemble one that does not exist, best first, at most five.
[[nodiscard]] std::vector<std::string> similar_commands(coqmp::schema const& known, std::string_view name);

}  // namespace qmp_shell

#endif
