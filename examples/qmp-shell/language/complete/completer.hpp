// Finds the candidates for the text at the cursor, without asking QEMU.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_COMPLETER_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_COMPLETER_HPP

#include "language/complete/completion_builder.hpp"
#include "language/read/argument.hpp"
#include "language/read/lexer.hpp"

#include <coqmp/schema.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// Completes the word that ends at the cursor.
class completer
{
public:
    completer(coqmp::schema const& known, std::vector<std::string> const& meta_commands)
        : to_{known, {}, {}}, meta_commands_(meta_commands)
    {}

    [[nodiscard]] completion complete(std::string_view line, bool in_transaction, lexer const* begun);

private:
    /// `:name rest`
    void meta_command(std::string_view line, std::size_t name_begin, bool in_transaction);
    void meta_argument(std::string_view name, bool first);
    /// `:wait-event EVENT key=value`
    void awaited_event(std::string_view line);
    /// Finds the command, or the action of a transaction, to which the word belongs.
    void statement(std::span<word const> words, word const& current, bool in_transaction);
    void action(std::span<word const> words, word const& current);
    void command(std::span<word const> words, word const& current);
    void options();
    void arguments(std::string_view name, coqmp::schema_type const& what, std::span<word const> words, word const& current);
    /// `--fd NAME=PATH`
    void file_to_open(word const& current);
    /// Begins what stands behind an equals sign, perhaps in quotes.
    void begin_value(word const& current, std::size_t offset);
    /// What makes no sense is left out.
    void read_arguments(std::span<word const> words, coqmp::schema_type const& what, argument_node& given);
    void key(spot const& root, word const& current);
    void members(coqmp::schema_type const& what, argument_node const& given);
    /// `name=`, and `name.` if it can have members.
    void member_keys(std::string const& name, coqmp::schema_type const& what, std::string const& description,
                     argument_node const* had);
    void value(spot const& root, argument_node& given, argument const& parts, word const& current);

    completion_builder to_;
    std::vector<std::string> const& meta_commands_;
    bool closed_transaction_ = false;  ///< its actions stand between parentheses already
};

/// @param line up to the cursor
/// @param in_transaction whether an earlier statement opened a transaction
/// @param begun what read the earlier lines of a statement whose braces are open, or null
[[nodiscard]] completion complete(std::string_view line, coqmp::schema const& known,
                                  std::vector<std::string> const& meta_commands, bool in_transaction = false,
                                  lexer const* begun = nullptr);

}  // namespace qmp_shell

#endif
