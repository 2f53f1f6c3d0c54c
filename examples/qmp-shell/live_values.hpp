// Completion's wishes, granted by the running QEMU.
#ifndef QMP_SHELL_LIVE_VALUES_HPP
#define QMP_SHELL_LIVE_VALUES_HPP

#include "language/completion.hpp"
#include "monitor.hpp"

#include <string>
#include <vector>

namespace qmp_shell {

/// Asks QEMU for what the completion wishes for and adds what fits. A QEMU that does not answer soon adds nothing.
void add_live_values(completion& to, monitor& qemu);

/// What `device_add` may add, as QEMU tells.
[[nodiscard]] std::vector<std::string> driver_names(monitor& qemu);

}  // namespace qmp_shell

#endif
