// coqmpd without its main function.
#ifndef COQMPD_RUN_HPP
#define COQMPD_RUN_HPP

#include "daemon/exit_code.hpp"

namespace coqmpd {

/// Reads the command line, and does what it says.
/// @throws coqmp_daemon::configuration_error, boost::system::system_error it cannot
[[nodiscard]] coqmp_daemon::exit_code run(int argc, char const* const* argv);

}  // namespace coqmpd

#endif
