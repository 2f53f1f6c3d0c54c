// What the command line says.
#ifndef QMP_PROXY_CONFIGURATION_OPTIONS_HPP
#define QMP_PROXY_CONFIGURATION_OPTIONS_HPP

#include "daemon/command_line.hpp"
#include "daemon/exit_code.hpp"

#include <coqmp/endpoint.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace qmp_proxy {

/// A `--listen` or a `--dial`, with the `--policy` after it.
struct socket_option
{
    coqmp::endpoint address;
    std::string policy;  ///< Empty: it has none.
};

struct options
{
    std::optional<coqmp::endpoint> upstream;
    std::vector<socket_option> listen;
    std::vector<socket_option> dial;
    bool hold = false;
    std::string audit;
    std::string config;
    bool wraps = false;
    bool checks = false;
    std::vector<std::string> program;  ///< To wrap, with its arguments.
    coqmp_daemon::common_options common;
};

/// Reads the command line; prints what `--help`, `--version` and mistakes ask for.
/// @return the options, or the status to exit with at once
[[nodiscard]] std::variant<options, coqmp_daemon::exit_code> read_command_line(int argc, char const* const* argv);

}  // namespace qmp_proxy

#endif
