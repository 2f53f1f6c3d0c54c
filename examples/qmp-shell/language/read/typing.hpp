// What was typed into JSON, with the types of the schema where it knows them.
#ifndef QMP_SHELL_LANGUAGE_READ_TYPING_HPP
#define QMP_SHELL_LANGUAGE_READ_TYPING_HPP

#include "language/read/argument.hpp"

#include <coqmp/schema.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmp_shell {

/// The member of that name which exists with the discriminators in `given`. @return nothing: there is none
[[nodiscard]] std::optional<coqmp::schema_member> find_member(coqmp::schema_type const& object, std::string_view name,
                                                              argument_node const& given);

/// Whether a member exists with the discriminators in `given`.
[[nodiscard]] bool exists(coqmp::schema_member const& each, argument_node const& given);

/// A bare word of unknown type, which became what it looks like.
using guessed_words = std::vector<std::pair<std::string, std::string>>;

/// @param what the type of the arguments, which may be unknown
/// @param guessed gets the arguments of the first level that were guessed
/// @throws mistake
[[nodiscard]] boost::json::object type_arguments(argument_node const& given, coqmp::schema_type const& what,
                                                 guessed_words* guessed = nullptr);

/// on, off, yes, no, true, false.
[[nodiscard]] std::optional<bool> read_boolean(std::string_view text);

}  // namespace qmp_shell

#endif
