// The last steps from what was typed to what is sent: files are opened, and a device's properties get the types that only QEMU knows.
#ifndef QMP_SHELL_OUTGOING_COMMAND_HPP
#define QMP_SHELL_OUTGOING_COMMAND_HPP

#include "language/syntax.hpp"
#include "monitor.hpp"

#include <coqmp/command.hpp>

#include <boost/json/object.hpp>

#include <vector>

namespace qmp_shell {

/// One command, or several of which the first hand over descriptors.
using outgoing_commands = std::vector<coqmp::command>;

/// @throws std::runtime_error when a file cannot be opened, or its name is not clear
[[nodiscard]] outgoing_commands prepare(typed_command said, monitor& qemu);

/// What will travel, for show.
[[nodiscard]] boost::json::object as_message(coqmp::command const& sent);

}  // namespace qmp_shell

#endif
