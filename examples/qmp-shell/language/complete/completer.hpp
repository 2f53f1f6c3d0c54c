// What completes a word: words in completion.cpp, values in braces in completion_in_braces.cpp.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_COMPLETER_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_COMPLETER_HPP

#include "language/complete/completion.hpp"
#include "language/complete/partial_value.hpp"
#include "language/read/argument.hpp"
#include "language/schema.hpp"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// What an alternate is if it has members. @return null: nothing of the kind
[[nodiscard]] type const* with_members(type const* what);

/// A member's type in a few words, and what is to be said of it.
[[nodiscard]] std::string described(member const& what);

/// A place in the tree of what was typed, and what the schema says of it.
struct spot
{
    type const* what = nullptr;
    argument_node const* given = nullptr;

    [[nodiscard]] spot member(std::string_view name) const;
};

/// Completes the word that ends at the cursor.
class completer
{
public:
    completer(schema const& known, std::vector<std::string> const& meta_commands) : known_(known), meta_commands_(meta_commands)
    {}

    [[nodiscard]] completion complete(std::string_view line, bool in_transaction, lexer const* begun);

private:
    void begin(std::size_t column, std::string_view prefix);
    void add(std::string text, std::string description, bool final);
    void add_names(std::vector<std::string> const& names);
    void add_words(std::initializer_list<std::string_view> words);
    void add_commands();
    /// `:name rest`
    void meta_command(std::string_view line, std::size_t name_begin, bool in_transaction);
    void meta_argument(std::string_view name, bool first);
    /// `EVENT key=value`
    void awaited_event(std::string_view line, std::size_t name_end);
    /// Finds the command, or the action of a transaction, to which the word belongs.
    void statement(std::span<word const> words, word const& current, bool in_transaction);
    void action(std::span<word const> words, word const& current);
    void command(std::span<word const> words, word const& current);
    void options();
    void arguments(std::string_view name, type const* what, std::span<word const> words, word const& current);
    static std::size_t words_without_options(std::span<word const> words);
    /// `--fd NAME=PATH`
    void file_to_open(word const& current);
    /// Begins what stands behind an equals sign, perhaps in quotes.
    void begin_value(word const& current, std::size_t offset);
    /// What makes no sense is left out.
    void read_arguments(std::span<word const> words, type const* what, argument_node& given);
    /// Walks along `a.b.` and returns what stands there.
    static spot walk(spot from, std::string_view path);
    void key(spot const& root, word const& current);
    void members(type const& what, argument_node const& given);
    /// `name=`, and `name.` if it can have members.
    void member_keys(std::string const& name, type const& what, std::string const& description, argument_node const* had);
    void value(spot const& root, argument_node& given, argument const& parts, word const& current);

    /// Inside of a value in braces.
    /// @param path where the value belongs @param given gets what the value holds
    void in_braces(spot here, std::string_view path, argument_node& given, word const& current, std::size_t offset);
    void at_open_value(open_value const& open, spot const& here, std::string const& path, std::size_t column);
    /// `"name": `
    void add_member_name(std::string const& name, std::string description);
    void member_names(type const& what, argument_node const& given);
    /// What other wishes depend on: a driver, a path.
    void note_arguments(argument_node const& given);
    /// `{"execute": "name", "arguments": {...}}`
    void raw_command(word const& current);
    void raw_arguments(open_value const& open, argument_node const& given, std::size_t column);
    /// `{"type": "name", "data": {...}}`
    void raw_action(type const* known, word const& current);

    /// @param quote around words, or 0
    void add_values(type const& what, char quote);

    schema const& known_;
    std::vector<std::string> const& meta_commands_;
    std::string command_;
    bool closed_transaction_ = false;  ///< its actions stand between parentheses already
    completion result_;
};

}  // namespace qmp_shell

#endif
