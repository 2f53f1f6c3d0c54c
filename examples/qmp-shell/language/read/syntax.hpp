// From what is typed to what is sent.
// Invariant: nothing that was typed is dropped in silence; every refusal points at a column.
#ifndef QMP_SHELL_LANGUAGE_READ_SYNTAX_HPP
#define QMP_SHELL_LANGUAGE_READ_SYNTAX_HPP

#include "language/read/lexer.hpp"
#include "language/read/typed_command.hpp"

#include <coqmp/schema.hpp>

#include <boost/json/array.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace qmp_shell {

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
    void use(coqmp::schema const* known) noexcept { known_ = known; }

    /// After an error all of the line is forgotten, and of a brace that went on over many lines all lines. An open transaction
    /// stays open with the actions that came before the line.
    [[nodiscard]] statement read(std::string_view line);

    /// Whether more lines are needed. Then the prompt differs.
    [[nodiscard]] bool in_transaction() const noexcept { return in_transaction_; }
    [[nodiscard]] bool in_brace() const noexcept { return lexer_.is_open(); }
    /// What has read the lines of the open brace so far.
    [[nodiscard]] lexer const& begun() const noexcept { return lexer_; }
    /// The statement that was read last, or what is good of the open one, in one line: so it can be read again.
    [[nodiscard]] std::string const& as_one_line() const noexcept { return one_line_; }
    /// Forgets what was begun (Ctrl-C).
    void reset() noexcept;

private:
    [[nodiscard]] statement read_statement(std::span<word const> words, std::size_t lines);
    [[nodiscard]] statement read_transaction(std::span<word const> words, std::size_t lines);
    /// Keeps actions of a line that is good.
    void keep(std::vector<typed_action> added, std::size_t lines);
    void add_to_one_line(std::span<word const> words, bool goes_on);

    coqmp::schema const* known_ = nullptr;
    bool in_transaction_ = false;
    boost::json::array actions_;  ///< of the transaction
    source_map action_places_;
    std::size_t lines_read_ = 0;  ///< of the statement, of a transaction from its beginning on; those for the shell itself, too
    lexer lexer_;
    std::string one_line_;
};

}  // namespace qmp_shell

#endif
