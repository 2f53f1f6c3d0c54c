// From what is typed to what is sent.
// Invariant: nothing that was typed is dropped in silence; every refusal points at a column.
#ifndef QMP_SHELL_SYNTAX_HPP
#define QMP_SHELL_SYNTAX_HPP

#include "language/schema.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace qmp_shell {

/// A command as it was typed, ready to be sent.
struct typed_command
{
    std::string name;
    boost::json::object arguments;
    bool out_of_band = false;
    /// `--fd NAME=PATH`: files to open; the descriptor travels with the command, which gets NAME as `fdname` if it wants that.
    std::vector<std::pair<std::string, std::string>> files;
    std::optional<boost::json::value> id;  ///< only of a raw `{"execute": ...}` line; shown, not sent
};

/// `:events SHUTDOWN` and the like.
struct meta_command
{
    std::string name;  ///< without the colon
    std::string rest;  ///< trimmed
    std::size_t rest_column = 0;
};

struct nothing_typed  ///< An empty line, a comment, or a line in the midst of a transaction or of an open brace.
{
};

struct syntax_error
{
    std::size_t column = 0;  ///< zero-based, in bytes, of the last line given
    std::string message;     ///< one sentence: what is wrong and what would be right
};

using statement = std::variant<nothing_typed, typed_command, meta_command, syntax_error>;

/// Reads lines, one after the other: transactions and open braces may span several.
class line_reader
{
public:
    /// @param known types the values; may change between two lines (null: nothing is known)
    void use(schema const* known) noexcept { known_ = known; }

    [[nodiscard]] statement read(std::string_view line);

    /// Whether more lines are needed. Then the prompt differs.
    [[nodiscard]] bool in_transaction() const noexcept;
    [[nodiscard]] bool in_brace() const noexcept;
    /// Forgets what was begun (Ctrl-C).
    void reset() noexcept;

private:
    schema const* known_ = nullptr;
    // the rest is to be chosen by whoever implements it
};

}  // namespace qmp_shell

#endif
