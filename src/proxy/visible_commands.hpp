// What a client of a proxy sees of QEMU's commands: those that its policy allows.
#ifndef COQMP_SRC_PROXY_VISIBLE_COMMANDS_HPP
#define COQMP_SRC_PROXY_VISIBLE_COMMANDS_HPP

#include <coqmp/monitor_policy.hpp>

#include <boost/json/value.hpp>

#include <string_view>

namespace coqmp::proxy {

/// Whether the command's answer lists commands: `query-commands` and `query-qmp-schema`.
[[nodiscard]] bool lists_commands(std::string_view command) noexcept;

/// The answer without the commands that are not allowed. In a schema, all types and events stay, also those that only such a command
/// uses: they show nothing that QEMU's documentation does not, and finding them would need a search through all references.
/// Anything other than a list is returned as it is.
///
/// Copies what stays: a schema has 1,200 entries and 200 KB of text, so that an answer_cache should keep the result.
/// @param answer of one of these commands
[[nodiscard]] boost::json::value visible_commands(boost::json::value const& answer, monitor_policy const& policy);

}  // namespace coqmp::proxy

#endif
