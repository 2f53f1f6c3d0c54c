// The words of one command, or of one action of a transaction.
#ifndef QMP_SHELL_LANGUAGE_READ_COMMAND_LINE_HPP
#define QMP_SHELL_LANGUAGE_READ_COMMAND_LINE_HPP

#include "language/read/argument.hpp"
#include "language/read/typed_command.hpp"

#include <coqmp/schema.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

using words_view = std::span<word const>;

/// What opens a transaction, as one word.
inline constexpr std::string_view transaction_opening = "transaction(";

/// Whether a word is an option whose next word is a file: `--fd`, `--fd:ro`.
[[nodiscard]] inline bool takes_file(std::string_view word)
{
    return word == "--fd" || (word.starts_with("--fd:") && word.find('=') == std::string_view::npos);
}

/// How many words at the beginning are options and their files.
[[nodiscard]] std::size_t count_options(words_view words);

/// `name key=value ...` @param words are not empty @throws mistake, as all of these do
[[nodiscard]] typed_command read_command(words_view words, coqmp::schema const* known);

/// `{"execute": ...}` @param words are not empty
[[nodiscard]] typed_command read_raw(words_view words);

/// `type key=value ...` between the parentheses of a transaction. @param words are not empty
[[nodiscard]] typed_action read_action(words_view words, coqmp::schema const* known);

/// What follows the closing parenthesis of a transaction: its other arguments, its options.
[[nodiscard]] typed_command read_transaction_arguments(words_view words, coqmp::schema const* known);

/// The type of an action of a transaction. @return null: unknown
[[nodiscard]] coqmp::schema_type action_type(coqmp::schema const* known);

/// The names of the actions, by the type that action_type() returned.
[[nodiscard]] std::vector<std::string> action_names(coqmp::schema_type const& action);

/// The type of the arguments of an action, of the type that action_type() returned. @return null: unknown
[[nodiscard]] coqmp::schema_type data_type(coqmp::schema_type const& action, std::string_view name);

}  // namespace qmp_shell

#endif
