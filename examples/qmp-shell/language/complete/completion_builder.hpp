// Collects what may stand at the cursor.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_BUILDER_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_BUILDER_HPP

#include "language/complete/completion.hpp"
#include "language/read/argument.hpp"

#include <coqmp/schema.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// What an alternate is if it has members: an object, else an array. @return unknown: neither
[[nodiscard]] coqmp::schema_type with_members(coqmp::schema_type const& what);

/// A place in the tree of what was typed, and what the schema says of it.
struct spot
{
    coqmp::schema_type what;
    argument_node const* given = nullptr;

    [[nodiscard]] spot member(std::string_view name) const;
};

/// The members of an object that can still be given, the required ones first.
[[nodiscard]] std::vector<coqmp::schema_member> free_members(coqmp::schema_type const& what, argument_node const& given);

/// A completion in the making. Candidates that do not begin with the prefix are not added, except by add().
struct completion_builder
{
    coqmp::schema const& known;
    std::string command;  ///< to which the word belongs
    completion result;

    /// The word to be completed.
    void begin(std::size_t column, std::string_view prefix);
    void add(std::string text, std::string description, bool final);
    void add_names(std::vector<std::string> const& names);
    void add_commands();
    /// @param quote around words, or 0
    void add_values(coqmp::schema_type const& what, char quote);
    /// Whether the properties of a device come next.
    void offer_device_properties(bool at_top);
};

}  // namespace qmp_shell

#endif
