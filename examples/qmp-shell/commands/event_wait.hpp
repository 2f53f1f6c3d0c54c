// `:wait-event EVENT`: waits for an event of QEMU.
#ifndef QMP_SHELL_COMMANDS_EVENT_WAIT_HPP
#define QMP_SHELL_COMMANDS_EVENT_WAIT_HPP

#include "commands/shell_context.hpp"
#include "exit_code.hpp"
#include "language/read/syntax.hpp"

namespace qmp_shell {

exit_code wait_for_event(shell_context& context, meta_command const& typed);

}  // namespace qmp_shell

#endif
