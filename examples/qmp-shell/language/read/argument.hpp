// The arguments of a command as they were typed, before their types are known.
#ifndef QMP_SHELL_LANGUAGE_READ_ARGUMENT_HPP
#define QMP_SHELL_LANGUAGE_READ_ARGUMENT_HPP

#include "language/read/lexer.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmp_shell {

/// What is wrong, and where. Readers throw it.
struct mistake
{
    place where;
    std::string message;
};

/// `key=value`, or `key:=value`.
struct argument
{
    std::string_view key;
    std::size_t value_offset = 0;  ///< in the word
    bool exact = false;            ///< `:=`
};

/// Splits a word at its first equals sign. @return nothing: it has none
[[nodiscard]] std::optional<argument> split(word const& what);

/// A value as it was typed.
struct typed_value
{
    word text;
    bool exact = false;
};

/// `a.b.c=1 a.d=2` is a tree: either a value or members.
struct argument_node
{
    std::string name;
    argument_node const* parent = nullptr;  ///< null also for the members of the root
    place where;
    std::optional<typed_value> value;
    std::vector<std::pair<std::string, std::unique_ptr<argument_node>>> members;  ///< in the order in which they were typed

    [[nodiscard]] argument_node const* find(std::string_view wanted) const;
    argument_node& member(std::string_view wanted);
    [[nodiscard]] std::string path() const;  ///< `a.b`

private:
    std::map<std::string, std::size_t, std::less<>> index_;
};

/// Adds `key=value` to a tree. @throws mistake
void add_argument(argument_node& root, word const& what);

/// What a value says if it is a text: bare words as they are, quoted ones without their quotes.
struct plain_text
{
    std::string text;
    bool quoted = false;
};

/// Takes the quotes off. @throws mistake if an escape is not valid
[[nodiscard]] plain_text unquote(word const& what);

/// The same, of a value that may be missing or wrong. @return nothing: it is
[[nodiscard]] std::optional<std::string> text_of(argument_node const* given);

/// Whether it is written in braces or brackets.
[[nodiscard]] bool is_structured(word const& what);

}  // namespace qmp_shell

#endif
