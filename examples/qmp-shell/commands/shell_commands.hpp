// The commands to the shell itself; they begin with a colon, as no command of QEMU's does.
#ifndef QMP_SHELL_COMMANDS_SHELL_COMMANDS_HPP
#define QMP_SHELL_COMMANDS_SHELL_COMMANDS_HPP

#include "commands/shell_context.hpp"
#include "exit_code.hpp"
#include "language/read/syntax.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

struct shell_command
{
    std::string_view name;
    std::string_view usage;  ///< its arguments
    std::string_view purpose;
    exit_code (*run)(shell_context& context, meta_command const& typed);
};

/// All of them, in the order in which `:help` lists them.
[[nodiscard]] std::span<shell_command const> shell_commands();
[[nodiscard]] std::vector<std::string> shell_command_names();
[[nodiscard]] shell_command const* find_shell_command(std::string_view name);

/// What may have been meant, with the colon: by its name without one, or by one like it.
[[nodiscard]] std::vector<std::string> similar_shell_commands(std::string_view name);

exit_code run_shell_command(shell_context& context, meta_command const& typed);

}  // namespace qmp_shell

#endif
