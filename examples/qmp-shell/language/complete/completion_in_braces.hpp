// Completion inside of braces: names of members, and values, with their quotes.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_IN_BRACES_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_IN_BRACES_HPP

#include "language/complete/completion_builder.hpp"

#include <cstddef>
#include <string_view>

namespace qmp_shell {

/// The value in braces that begins at that offset of the word.
/// @param path where the value belongs @param given gets what the value holds
void complete_in_braces(completion_builder& to, spot here, std::string_view path, argument_node& given, word const& current,
                        std::size_t offset);

/// `{"execute": "name", "arguments": {...}}`
void complete_raw_command(completion_builder& to, word const& current);

}  // namespace qmp_shell

#endif
