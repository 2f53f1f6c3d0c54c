// JSON and events as people read them.
#ifndef QMP_SHELL_PRINT_HPP
#define QMP_SHELL_PRINT_HPP

#include <coqmp/command.hpp>
#include <coqmp/event.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace qmp_shell {

struct print_options
{
    bool pretty = false;  ///< many lines, indented by two
    bool colour = false;  ///< with terminal escapes
};

/// Text from QEMU may hold control characters: they are always escaped, never sent to the terminal.
[[nodiscard]] std::string print(boost::json::value const& what, print_options how);

/// `14:03:22.123456 STOP {...}` in local time.
[[nodiscard]] std::string print(coqmp::event const& what, print_options how);

/// An event as QEMU sent it.
[[nodiscard]] boost::json::object as_message(coqmp::event const& what);

/// A command as it will be sent, without its id.
[[nodiscard]] boost::json::object as_message(coqmp::command const& what);

}  // namespace qmp_shell

#endif
