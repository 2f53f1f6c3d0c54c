// Shows long answers in a pager.
#ifndef QMP_SHELL_TERMINAL_PAGER_HPP
#define QMP_SHELL_TERMINAL_PAGER_HPP

#include "event_loop.hpp"

#include <string>

namespace qmp_shell {

/// Shows a text with $PAGER, or `less`, and waits until that is left; QEMU is read meanwhile. A signal to leave ends it.
/// @return whether there was such a program
/// @throws std::system_error if no program can be started at all
[[nodiscard]] bool page(event_loop& loop, std::string const& text);

}  // namespace qmp_shell

#endif
