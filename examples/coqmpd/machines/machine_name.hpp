// The names of machines.
#ifndef COQMPD_MACHINES_MACHINE_NAME_HPP
#define COQMPD_MACHINES_MACHINE_NAME_HPP

#include <string>
#include <string_view>

namespace coqmpd {

inline constexpr std::size_t longest_machine_name = 64;

/// A name is a part of the paths of files and sockets, and of a cgroup: it begins with a letter or a digit, and contains only
/// those, dots, dashes and underscores.
/// @return why it is not the name of a machine; empty: it is
[[nodiscard]] std::string find_name_problem(std::string_view name);

}  // namespace coqmpd

#endif
