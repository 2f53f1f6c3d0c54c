// A command, or an action of a transaction, as it was typed.
#ifndef QMP_SHELL_LANGUAGE_READ_TYPED_COMMAND_HPP
#define QMP_SHELL_LANGUAGE_READ_TYPED_COMMAND_HPP

#include "language/explain/source_map.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qmp_shell {

/// How a file that is handed over is opened: as its permissions allow, or as the user asked.
enum class file_mode { any, read, write, both };

/// `--fd NAME=PATH`, `--fd:ro NAME=PATH`
struct travelling_file
{
    std::string name;
    std::string path;
    file_mode mode = file_mode::any;
};

/// A command as it was typed, ready to be sent.
struct typed_command
{
    std::string name;
    boost::json::object arguments;
    bool out_of_band = false;
    /// `--fd NAME=PATH`: files to open; the descriptor travels with the command, which gets NAME as `fdname` if it wants that.
    std::vector<travelling_file> files;
    std::optional<boost::json::value> id;  ///< only of a raw `{"execute": ...}` line; shown, not sent
    /// Arguments whose types no schema knew, and the bare words that they were before they became what they look like.
    std::vector<std::pair<std::string, std::string>> guessed;
    source_map places;  ///< of the arguments; the lines are those of the statement, of a transaction from its beginning on
};

/// An action of a transaction.
struct typed_action
{
    boost::json::object object;
    source_map places;
};

}  // namespace qmp_shell

#endif
