// Lets a QEMU that runs as another user reach the daemon's end of its monitor.
#ifndef COQMPD_SUPERVISION_MONITOR_ACCESS_HPP
#define COQMPD_SUPERVISION_MONITOR_ACCESS_HPP

#include <sys/types.h>

#include <optional>
#include <string>

namespace coqmpd {

/// The number of a user who is given by name or by number. @return nothing: there is no such user
[[nodiscard]] std::optional<::uid_t> user_number(std::string const& user);

/// QEMU connects to the socket `DIRECTORY/monitor` as its own user (machine::adopt_or_start() describes the directory). The socket
/// becomes that user's, and the two directories can be entered, but not listed, by everyone; the other files in them stay
/// private.
/// @param state the supervisor's directory @param machine a name; the supervisor already has this machine
/// @return why it failed; empty: it did not
[[nodiscard]] std::string open_monitor_to(::uid_t user, std::string const& state, std::string const& machine);

}  // namespace coqmpd

#endif
