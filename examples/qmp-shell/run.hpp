// The shell from its connection to its end.
#ifndef QMP_SHELL_RUN_HPP
#define QMP_SHELL_RUN_HPP

#include "exit_code.hpp"
#include "options.hpp"

namespace qmp_shell {

/// Connects, does what is to be done, and leaves.
exit_code run(options const& options);

}  // namespace qmp_shell

#endif
