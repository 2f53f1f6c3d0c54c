// Why QEMU has refused a command, or why the shell does not send a line, with what may have been meant.
#ifndef QMP_SHELL_COMMANDS_REFUSAL_HPP
#define QMP_SHELL_COMMANDS_REFUSAL_HPP

#include "commands/shell_context.hpp"
#include "exit_code.hpp"
#include "language/read/typed_command.hpp"

#include <coqmp/reply.hpp>

#include <string>

namespace qmp_shell {

/// The command that a message is about, with its id: a user who gives an id looks for it in the answer.
[[nodiscard]] std::string subject_of(std::string const& name, typed_command const& typed);

/// Complains that QEMU has refused a command. @return exit_code::refused
exit_code show_refusal(shell_context& context, std::string const& name, coqmp::command_error const& error,
                       typed_command const& typed);

/// For a line that HMP would understand, or a shell command without its colon. @return empty: it is neither
[[nodiscard]] std::string hint_at_other_language(shell_context& context);

/// If the first word of a line is not a command, that is the mistake to report, before any other. @return empty: the word may be
/// a command
[[nodiscard]] std::string refuse_unknown_command(shell_context& context);

}  // namespace qmp_shell

#endif
