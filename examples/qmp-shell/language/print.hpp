// JSON and events as people read them.
#ifndef QMP_SHELL_PRINT_HPP
#define QMP_SHELL_PRINT_HPP

#include <coqmp/command.hpp>
#include <coqmp/event.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <string>

namespace qmp_shell {

struct print_options
{
    bool pretty = false;  ///< many lines, indented by two
    bool colour = false;  ///< with terminal escapes
};

/// Text from QEMU may hold control characters: they are always escaped, never sent to the terminal.
[[nodiscard]] std::string print(boost::json::value const& value, print_options options);

/// `14:03:22.123456 STOP {...}` in local time.
[[nodiscard]] std::string print(coqmp::event const& received, print_options options);

/// @param format of strftime(); the fraction of a second is appended in microseconds
[[nodiscard]] std::string local_time(std::chrono::system_clock::time_point when, char const* format);

/// An event as QEMU sent it.
[[nodiscard]] boost::json::object as_message(coqmp::event const& received);

/// A command as it will be sent, without its id.
[[nodiscard]] boost::json::object as_message(coqmp::command const& request);

}  // namespace qmp_shell

#endif
