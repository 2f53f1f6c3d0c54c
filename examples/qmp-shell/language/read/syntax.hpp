// From what is typed to what is sent.
// Invariant: nothing that was typed is dropped in silence; every refusal points at a column.
#ifndef QMP_SHELL_LANGUAGE_READ_SYNTAX_HPP
#define QMP_SHELL_LANGUAGE_READ_SYNTAX_HPP

#include "language/explain/source_map.hpp"
#include "language/read/lexer.hpp"
#include "language/schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
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
    typed_places places;  ///< of the arguments; the lines are those of the statement, of a transaction from its beginning on
};

/// An action of a transaction.
struct typed_action
{
    boost::json::object object;
    typed_places places;
};

/// The schema knows nothing of a device's properties, QEMU does: gives the guessed arguments of a `device_add` their types.
/// @param properties what `device-list-properties` said of the driver
void type_by_properties(typed_command& what, boost::json::value const& properties);

/// `:events SHUTDOWN` and the like. Also `help ...`, and `exit` alone: no commands of QEMU.
struct meta_command
{
    std::string name;  ///< without the colon
    std::string rest;  ///< trimmed
    std::size_t rest_column = 0;
};

/// An empty line, a comment, or a line in the midst of a transaction or of an open brace.
struct nothing_typed
{
};

struct syntax_error
{
    std::size_t column = 0;      ///< zero-based, in bytes
    std::string message;         ///< one sentence: what is wrong and what would be right
    std::size_t lines_back = 0;  ///< how many lines before the last one given: the statement has several
};

using statement = std::variant<nothing_typed, typed_command, meta_command, syntax_error>;

/// Reads lines, one after the other: transactions and open braces may span several.
class line_reader
{
public:
    /// @param known types the values; may change between two lines (null: nothing is known)
    void use(schema const* known) noexcept { known_ = known; }

    /// After an error all of the line is forgotten, and of a brace that went on over many lines all lines. An open transaction
    /// stays open with the actions that came before the line.
    [[nodiscard]] statement read(std::string_view line);

    /// Whether more lines are needed. Then the prompt differs.
    [[nodiscard]] bool in_transaction() const noexcept;
    [[nodiscard]] bool in_brace() const noexcept;
    /// What has read the lines of the open brace so far.
    [[nodiscard]] lexer const& begun() const noexcept { return lexer_; }
    /// The statement that was read last, or what is good of the open one, in one line: so it can be read again.
    [[nodiscard]] std::string const& as_one_line() const noexcept { return one_line_; }
    /// Forgets what was begun (Ctrl-C).
    void reset() noexcept;

private:
    [[nodiscard]] statement read_statement(std::span<word const> words, std::size_t lines);
    [[nodiscard]] statement read_transaction(std::span<word const> words, std::size_t lines);
    [[nodiscard]] statement close_transaction(std::span<word const> rest, std::size_t lines);
    /// Keeps actions of a line that is good.
    void keep(std::vector<typed_action> added, std::size_t lines);
    void add_to_one_line(std::span<word const> words, bool goes_on);

    schema const* known_ = nullptr;
    bool in_transaction_ = false;
    boost::json::array actions_;  ///< of the transaction
    typed_places action_places_;
    std::size_t lines_read_ = 0;  ///< of the statement, of a transaction from its beginning on; those for the shell itself, too
    lexer lexer_;
    std::string one_line_;
};

}  // namespace qmp_shell

#endif
