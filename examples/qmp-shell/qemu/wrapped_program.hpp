// `--wrap`: a QEMU that the shell launches, and that ends with it.
#ifndef QMP_SHELL_QEMU_WRAPPED_PROGRAM_HPP
#define QMP_SHELL_QEMU_WRAPPED_PROGRAM_HPP

#include "qemu/connection.hpp"

namespace qmp_shell {

/// Launches the program and waits until it is ready. What it writes is shown as it comes.
/// @throws connection_failed, connection_given_up
[[nodiscard]] std::unique_ptr<connection> launch(event_loop& loop, screen& screen, options const& options,
                                                 coqmp::session_options behaviour);

/// Whether this process is not a shell, but is to become the wrapped program.
[[nodiscard]] bool is_wrapper_child(int argc, char const* const* argv);

/// Runs as the keeper of the program, with output to where the shell reads: see keep_program(). @return the status to exit with
[[nodiscard]] int exec_wrapped(char** argv);

}  // namespace qmp_shell

#endif
