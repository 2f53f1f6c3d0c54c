// `{fd:NAME}` in a machine's arguments: the number that a descriptor has in the program.
#ifndef COQMP_SRC_MACHINE_DESCRIPTOR_NAMES_HPP
#define COQMP_SRC_MACHINE_DESCRIPTOR_NAMES_HPP

#include <coqmp/launch_options.hpp>

#include <optional>
#include <string>

namespace coqmp::detail {

/// Why the names in the arguments and the descriptors of the options do not match; nothing if they do.
[[nodiscard]] std::optional<std::string> why_names_do_not_match(launch_options const& options);

/// Puts the numbers in place of the names: the first descriptor, in the order of their names, has the number `first`.
void replace_descriptor_names(launch_options& options, int first);

}  // namespace coqmp::detail

#endif
