// Which hooks of a machine are run on an occasion, without I/O.
#ifndef COQMPD_HOOKS_HOOK_SELECTION_HPP
#define COQMPD_HOOKS_HOOK_SELECTION_HPP

#include "daemon/hooks/hook_occasion.hpp"
#include "daemon/hooks/hook_process.hpp"
#include "machines/machine_file.hpp"

#include <coqmp/lifecycle.hpp>

#include <string>
#include <vector>

namespace coqmpd {

/// A machine's state, as hooks get it.
[[nodiscard]] coqmp_daemon::hook_occasion occasion_of(std::string const& machine, coqmp::machine_status const& status);

/// Whether a hook is run on this occasion.
[[nodiscard]] bool has_hook_for(coqmp_daemon::hook_occasion const& occasion, std::vector<hook_settings> const& hooks);

/// The runs of the hooks that are for this occasion, in the order of the file.
/// @param inherited the daemon's environment
[[nodiscard]] std::vector<coqmp_daemon::hook_run> runs_for(coqmp_daemon::hook_occasion const& occasion,
                                                           std::vector<hook_settings> const& hooks,
                                                           std::vector<std::string> const& inherited);

}  // namespace coqmpd

#endif
