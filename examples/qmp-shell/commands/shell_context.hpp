// What the shell's commands work with.
#ifndef QMP_SHELL_COMMANDS_SHELL_CONTEXT_HPP
#define QMP_SHELL_COMMANDS_SHELL_CONTEXT_HPP

#include "commands/diagnostics.hpp"
#include "commands/hmp.hpp"
#include "event_loop.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "qemu/monitor.hpp"
#include "qemu/wire_log.hpp"
#include "terminal/history.hpp"
#include "terminal/screen.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace qmp_shell {

/// How JSON is printed: `automatic` is one line, but several at a prompt if the JSON does not fit one line.
enum class layout { automatic, one_line, many_lines };

struct shell_context
{
    qmp_shell::monitor& monitor;
    qmp_shell::screen& screen;
    wire_log& log;
    qmp_shell::history& history;
    qmp_shell::options const& options;
    qmp_shell::diagnostics diagnostics{screen};
    qmp_shell::hmp hmp{monitor, screen};
    qmp_shell::layout layout = options.pretty ? qmp_shell::layout::many_lines : qmp_shell::layout::automatic;
    /// For a command whose argument is a line; the interpreter sets it.
    std::function<exit_code(std::string_view)> execute = nullptr;
    bool leaving = false;  ///< the user asked to stop

    /// JSON in the form in which an answer is printed.
    [[nodiscard]] std::string format(boost::json::value const& what) const;
};

}  // namespace qmp_shell

#endif
