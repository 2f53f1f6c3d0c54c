// Which arguments name things that only the running QEMU knows.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_SOURCE_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_SOURCE_HPP

#include "language/complete/completion.hpp"
#include "language/schema.hpp"

#include <string_view>

namespace qmp_shell {

/// @param command the name of the command, or of the action of a transaction
/// @param path the argument, as `node-name` or `options.0.node-name`
/// @param what its type, null if unknown
[[nodiscard]] live live_wish(std::string_view command, std::string_view path, type const* what);

}  // namespace qmp_shell

#endif
