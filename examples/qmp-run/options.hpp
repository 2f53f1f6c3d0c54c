// What qmp-run's command line says.
#ifndef QMP_RUN_OPTIONS_HPP
#define QMP_RUN_OPTIONS_HPP

#include "daemon/command_line.hpp"
#include "daemon/exit_code.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_policy.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace qmp_run {

/// A `--monitor`, with the `--policy` after it.
struct monitor_option
{
    coqmp::endpoint address;
    coqmp::monitor_policy policy = coqmp::monitor_policy::read_only();
};

struct options
{
    std::string name;                                              ///< The machine's, for hooks and the log.
    std::chrono::milliseconds timeout = std::chrono::seconds(75);  ///< Zero: no limit.
    std::optional<coqmp::endpoint> agent;                          ///< Nothing: the guest is asked by its power button only.
    std::optional<std::chrono::milliseconds> kill_silent;          ///< Nothing: a silent QEMU is left alone.
    bool heal_enospc = true;
    std::vector<monitor_option> monitors;
    std::vector<std::string> hooks;    ///< Absolute paths.
    std::vector<std::string> program;  ///< With its arguments; never empty.
    coqmp_daemon::common_options common;
};

/// Reads the command line. Prints the help or the version on request, and mistakes on standard error.
/// @return the options, or the status to exit with at once
[[nodiscard]] std::variant<options, coqmp_daemon::exit_code> read_command_line(int argc, char const* const* argv);

}  // namespace qmp_run

#endif
