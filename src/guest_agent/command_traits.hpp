// What the commands of the guest agent have in common and what sets some of them apart.
#ifndef COQMP_SRC_GUEST_AGENT_COMMAND_TRAITS_HPP
#define COQMP_SRC_GUEST_AGENT_COMMAND_TRAITS_HPP

#include <string_view>

namespace coqmp::detail {

/// Whether the agent sends no answer when the command succeeds: the guest shuts down or sleeps.
[[nodiscard]] bool is_silent_on_success(std::string_view command) noexcept;

/// Whether the command may take minutes, because it flushes or trims file systems.
[[nodiscard]] bool takes_minutes(std::string_view command) noexcept;

/// Whether the agent executes the command while the guest's file systems are frozen.
[[nodiscard]] bool is_allowed_while_frozen(std::string_view command) noexcept;

}  // namespace coqmp::detail

#endif
