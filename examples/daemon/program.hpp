// The body of a daemon's main function.
#ifndef COQMP_DAEMON_PROGRAM_HPP
#define COQMP_DAEMON_PROGRAM_HPP

#include "daemon/exit_code.hpp"

#include <functional>
#include <iosfwd>
#include <string_view>

namespace coqmp_daemon {

/// The body of a daemon's main(): occupies standard descriptors that are closed, runs the work, and turns an exception into a
/// message on standard error and an exit status: 2 for configuration_error, 3 for boost::system::system_error unless it is a coqmp::command_failed, else 1.
/// @param program its name, for messages
/// @return for main() to return
/// @code
/// int main(int argc, char** argv)
/// {
///     return coqmp_daemon::run_program("qmp-proxy", [&] { return qmp_proxy::run(argc, argv); });
/// }
/// @endcode
[[nodiscard]] int run_program(char const* program, std::function<exit_code()> const& work);

/// Prints `PROGRAM: REASON` on standard error, for the time before there is a logger; in the journal it is an error.
void print_error(std::string_view program, std::string_view reason);

/// Flushes what a task has printed, because its user may have wanted to save it. @param out standard output
/// @return success, or connection with a message
[[nodiscard]] exit_code finish_output(std::string_view program, std::ostream& out);

}  // namespace coqmp_daemon

#endif
