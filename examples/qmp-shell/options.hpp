// What the command line says.
#ifndef QMP_SHELL_OPTIONS_HPP
#define QMP_SHELL_OPTIONS_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace qmp_shell {

/// How the shell comes to its QEMU.
enum class connect_mode { dial, listen, wrap };

/// The small tools for the tree of objects.
enum class tool { none, list, get, set, tree };

struct options
{
    connect_mode mode = connect_mode::dial;
    std::string address;               ///< to dial, or to listen on
    std::vector<std::string> program;  ///< to wrap, with its arguments
    std::optional<std::chrono::milliseconds> timeout;
    bool hmp = false;
    bool skip_negotiation = false;
    bool verbose = false;
    bool pretty = false;
    bool keep_going = false;
    std::string logfile;
    std::vector<std::string> commands;
    qmp_shell::tool tool = tool::none;
    std::vector<std::string> tool_arguments;
};

/// Whether a word can only be an address, and not the beginning of a command.
[[nodiscard]] bool is_clearly_address(std::string_view word);

/// Reads the command line; prints what `--help`, `--version` and mistakes ask for.
/// @return the options, or the status to exit with at once
[[nodiscard]] std::variant<options, int> read_command_line(int argc, char const* const* argv);

}  // namespace qmp_shell

#endif
