// `:wait-event`: until something happens in QEMU.
#ifndef QMP_SHELL_COMMANDS_EVENT_WAIT_HPP
#define QMP_SHELL_COMMANDS_EVENT_WAIT_HPP

#include "commands/wait_limit.hpp"
#include "exit_code.hpp"
#include "language/read/wait_line.hpp"
#include "qemu/monitor.hpp"
#include "terminal/screen.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <string>

namespace qmp_shell {

/// Waits for the next event of that kind, and shows it as an answer. One that came since the last command was sent counts, once.
/// @param as_text formats the event
/// @return refused if it has not come in time
exit_code wait_for_event(monitor& monitor, screen& screen, wanted_event const& what, wait_limit const& limit,
                         std::function<std::string(boost::json::value const&)> const& as_text);

}  // namespace qmp_shell

#endif
