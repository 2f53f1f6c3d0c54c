// Who may control the daemon, without I/O.
#ifndef COQMPD_CONTROL_CONTROL_ACCESS_HPP
#define COQMPD_CONTROL_CONTROL_ACCESS_HPP

#include <coqmp/monitor_client.hpp>

#include <sys/types.h>

namespace coqmpd {

/// Root and the daemon's own user may, as the kernel knows them (SO_PEERCRED); a client whose user is unknown may not. The mode of
/// the socket says the same, but an administrator can change a file's mode by accident.
/// @param us the user whom the daemon runs as
[[nodiscard]] bool may_control(coqmp::monitor_client const& client, ::uid_t us) noexcept;

}  // namespace coqmpd

#endif
