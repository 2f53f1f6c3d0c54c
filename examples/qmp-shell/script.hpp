// Lines that are not typed: from `-c`, or from standard input if it is not a terminal.
#ifndef QMP_SHELL_SCRIPT_HPP
#define QMP_SHELL_SCRIPT_HPP

#include "commands/interpreter.hpp"
#include "commands/shell_context.hpp"
#include "exit_code.hpp"

namespace qmp_shell {

/// Executes them one after the other, until one fails, or all of them with `--keep-going`; the first failure counts.
exit_code run_script(shell_context& context, interpreter& lines);

}  // namespace qmp_shell

#endif
