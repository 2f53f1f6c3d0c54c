// The machines that a pattern in `observe` stands for.
#ifndef COQMPD_MACHINES_OBSERVED_SOCKETS_HPP
#define COQMPD_MACHINES_OBSERVED_SOCKETS_HPP

#include "machines/machine_set.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace coqmpd {

/// The names of the sockets in a directory, sorted. It blocks for as long as the file system does, which is memory for sockets.
[[nodiscard]] std::vector<std::string> sockets_in(std::string const& directory);

/// The directories that the patterns name.
[[nodiscard]] std::set<std::string> observed_directories(machine_set const& set);

/// Puts, for each machine whose `observe` is a pattern, one machine for each socket that matches in its place: of the file vms.toml
/// with `/run/vms/*.qmp`, the socket web.qmp is the machine vms.web.
/// @param own the directory of the daemon's own sockets, which are not observed
/// @param list sockets_in(), or another function in tests
[[nodiscard]] machine_set expand_patterns(machine_set set, std::string const& own,
                                          std::function<std::vector<std::string>(std::string const&)> const& list = sockets_in);

/// A file with a problem keeps what it said before, and so do its machines.
/// @param before what `set` replaces, not expanded
void keep_refused_patterns(machine_set const& before, machine_set& set);

}  // namespace coqmpd

#endif
