// qmp-run without its main function.
#ifndef QMP_RUN_RUN_HPP
#define QMP_RUN_RUN_HPP

#include "daemon/exit_code.hpp"

namespace qmp_run {

/// Reads the command line and runs the machine. @return one of exit_code, or one of run_exit
[[nodiscard]] coqmp_daemon::exit_code run(int argc, char const* const* argv);

}  // namespace qmp_run

#endif
