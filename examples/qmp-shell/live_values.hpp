// Completion's wishes, granted by the running QEMU.
#ifndef QMP_SHELL_LIVE_VALUES_HPP
#define QMP_SHELL_LIVE_VALUES_HPP

#include "language/completion.hpp"
#include "monitor.hpp"

namespace qmp_shell {

/// Asks QEMU for what the completion wishes for and adds what fits. A QEMU that does not answer soon adds nothing.
void add_live_values(completion& to, monitor& qemu);

}  // namespace qmp_shell

#endif
