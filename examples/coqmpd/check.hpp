// coqmpd --check: what is wrong with the files.
#ifndef COQMPD_CHECK_HPP
#define COQMPD_CHECK_HPP

#include "daemon/exit_code.hpp"
#include "places.hpp"

#include <iosfwd>

namespace coqmpd {

/// Prints a line for each problem of the daemon's file and of the machines', or how many machines there are.
/// @param out for the number @param problems for problems, and for what could not be checked
/// @return exit_code::usage if there is a problem
/// @throws coqmp_daemon::configuration_error the directory cannot be read
[[nodiscard]] coqmp_daemon::exit_code check_files(places const& where, std::ostream& out, std::ostream& problems);

}  // namespace coqmpd

#endif
