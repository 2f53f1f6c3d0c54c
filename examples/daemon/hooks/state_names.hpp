// The names of a machine's states and of their reasons, for programs: hooks and configurations.
#ifndef COQMP_DAEMON_HOOKS_STATE_NAMES_HPP
#define COQMP_DAEMON_HOOKS_STATE_NAMES_HPP

#include <coqmp/lifecycle.hpp>

#include <string_view>

namespace coqmp_daemon {

/// `backing-off`, for example.
[[nodiscard]] std::string_view state_name(coqmp::lifecycle state) noexcept;

/// `guest-shutdown`, for example; empty for lifecycle_reason::none.
[[nodiscard]] std::string_view reason_name(coqmp::lifecycle_reason reason) noexcept;

}  // namespace coqmp_daemon

#endif
