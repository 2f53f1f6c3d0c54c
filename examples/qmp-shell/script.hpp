// Lines that are not typed: from `-c`, or from standard input if it is not a terminal.
#ifndef QMP_SHELL_SCRIPT_HPP
#define QMP_SHELL_SCRIPT_HPP

#include "commands/interpreter.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "qemu/monitor.hpp"
#include "terminal/screen.hpp"

namespace qmp_shell {

/// Executes them one after the other, until one fails, or all of them with `--keep-going`; the first failure counts.
exit_code run_script(monitor& qemu, screen& shown_on, interpreter& lines, options const& how);

}  // namespace qmp_shell

#endif
