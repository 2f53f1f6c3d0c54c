// Long answers, for who asks to leaf through them.
#ifndef QMP_SHELL_PAGER_HPP
#define QMP_SHELL_PAGER_HPP

#include "event_loop.hpp"

#include <string>

namespace qmp_shell {

/// Shows a text with $PAGER, or `less`, and waits until that is left; QEMU is read meanwhile.
/// @throws std::system_error if there is no such program
void page(event_loop& loop, std::string const& text);

}  // namespace qmp_shell

#endif
