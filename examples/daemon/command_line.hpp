// What the command lines of all daemons have in common.
#ifndef COQMP_DAEMON_COMMAND_LINE_HPP
#define COQMP_DAEMON_COMMAND_LINE_HPP

#include "daemon/exit_code.hpp"
#include "daemon/log/log_priority.hpp"
#include "daemon/log/log_style.hpp"
#include "daemon/log/logger.hpp"

#include <optional>
#include <string_view>

// NOLINTBEGIN(readability-identifier-naming): the names are those of CLI11
namespace CLI {
class App;
}  // namespace CLI
// NOLINTEND(readability-identifier-naming)

namespace coqmp_daemon {

/// The options of every daemon.
struct common_options
{
    log_format format = log_format::automatic;
    log_priority least = log_priority::info;
};

/// Adds `--help`, `--version`, `--log-format`, `--log-level`, and the last lines of the help. The application's name is the
/// program's.
/// @param into outlives the application's parse()
void add_common_options(CLI::App& application, std::string_view version, common_options& into);

/// How the daemon logs with these options, here: in the journal, at a terminal, or elsewhere.
[[nodiscard]] logger_options logger_options_for(common_options const& line);

/// Parses a command line. Prints the help or the version on request, and mistakes on standard error.
/// @return the status to exit with at once; nothing: the daemon can start
[[nodiscard]] std::optional<exit_code> parse_command_line(CLI::App& application, int argc, char const* const* argv);

/// Reports a mistake in the command line on standard error: `PROGRAM: REASON`, and how to get help.
/// @return exit_code::usage
exit_code refuse_command_line(std::string_view program, std::string_view reason);

}  // namespace coqmp_daemon

#endif
