// qom-list, qom-get, qom-set, qom-tree: QEMU's tree of objects from the command line.
#ifndef QMP_SHELL_COMMANDS_QOM_HPP
#define QMP_SHELL_COMMANDS_QOM_HPP

#include "commands/shell_context.hpp"
#include "exit_code.hpp"

namespace qmp_shell {

/// Runs the tool that the options name.
exit_code run_qom(shell_context& context);

}  // namespace qmp_shell

#endif
