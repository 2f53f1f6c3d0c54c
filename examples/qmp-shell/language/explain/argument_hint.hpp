// What QEMU says of an argument that it does not know, and what may have been meant.
// Invariant: only what QEMU has refused is explained; nothing is kept from it because the schema does not know it.
#ifndef QMP_SHELL_LANGUAGE_EXPLAIN_ARGUMENT_HINT_HPP
#define QMP_SHELL_LANGUAGE_EXPLAIN_ARGUMENT_HINT_HPP

#include "language/read/syntax.hpp"

#include <coqmp/schema.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

struct argument_hint
{
    std::string name;                      ///< of the mistyped argument, as QEMU writes it: `file.siez`, `options[0].siez`
    std::vector<std::string> suggestions;  ///< may be empty
    std::optional<place> where;            ///< it was typed, or of what is missing the value that it belongs to
    std::string value;                     ///< the one that was refused, if it was a text
};

/// Reads `Parameter 'siez' is unexpected` and `Parameter 'size' is missing`: the latter only if something like it was typed, or it
/// is missing in a value whose place is of help.
/// @param arguments the type of the command's arguments, which may be unknown
/// @param description QEMU's
[[nodiscard]] std::optional<argument_hint> hint_at_argument(typed_command const& said, coqmp::schema_type const& arguments,
                                                            std::string_view description);

/// Reads `Property 'scsi-hd.seriall' not found`.
/// @param properties what `device-list-properties` says of the driver
[[nodiscard]] std::optional<argument_hint> hint_at_property(typed_command const& said, boost::json::value const& properties,
                                                            std::string_view description);

/// Finds the value that a refusal quotes, as `Parameter 'driver' does not accept value 'qcow3'` and `Cannot find ...
/// node-name='nosuch'` do, or the argument, as `Invalid parameter type for 'size', ...`; only if one alone can be meant.
/// @return its place is left out where there is nothing else that could be meant
[[nodiscard]] std::optional<argument_hint> hint_at_value(typed_command const& said, coqmp::schema_type const& arguments,
                                                         std::string_view description);

/// Whether hint_at_property() has something to read.
[[nodiscard]] bool is_unknown_property(std::string_view description);

}  // namespace qmp_shell

#endif
