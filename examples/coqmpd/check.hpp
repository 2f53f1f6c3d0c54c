// coqmpd --check: what is wrong with the files of the machines.
#ifndef COQMPD_CHECK_HPP
#define COQMPD_CHECK_HPP

#include "daemon/exit_code.hpp"

#include <iosfwd>
#include <string>

namespace coqmpd {

/// Prints a line for each problem, or how many machines there are.
/// @param out for the number @param problems for problems, and for what could not be checked
/// @return exit_code::usage if there is a problem
/// @throws coqmp_daemon::configuration_error the directory cannot be read
[[nodiscard]] coqmp_daemon::exit_code check_machines(std::string const& directory, std::ostream& out, std::ostream& problems);

}  // namespace coqmpd

#endif
