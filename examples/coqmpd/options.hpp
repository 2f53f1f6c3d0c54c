// What coqmpd's command line says.
#ifndef COQMPD_OPTIONS_HPP
#define COQMPD_OPTIONS_HPP

#include "daemon/command_line.hpp"
#include "daemon/exit_code.hpp"

#include <chrono>
#include <string>
#include <variant>

namespace coqmpd {

/// What coqmpd is to do.
enum class task {
    serve,             ///< Be the daemon.
    check,             ///< `--check`
    show_status,       ///< `--status`: asks the daemon.
    shut_down_guests,  ///< `--shutdown-guests`: asks the daemon, or does it without one.
    lift_limits        ///< `--lift-limits`: when the daemon has ended.
};

struct options
{
    task what = task::serve;
    std::string configuration;  ///< A directory. Empty: the default.
    /// Of `--shutdown-guests`, for all machines. Zero: no limit.
    std::chrono::milliseconds timeout = std::chrono::minutes(5);
    bool limits_are_lifted = false;  ///< `--unit-lifts-limits`
    coqmp_daemon::common_options common;
};

/// Reads the command line. Prints the help or the version on request, and mistakes on standard error.
/// @return the options, or the status to exit with at once
[[nodiscard]] std::variant<options, coqmp_daemon::exit_code> read_command_line(int argc, char const* const* argv);

}  // namespace coqmpd

#endif
