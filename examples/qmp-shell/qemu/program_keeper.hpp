// The process between the shell and the program that `--wrap` names.
#ifndef QMP_SHELL_QEMU_PROGRAM_KEEPER_HPP
#define QMP_SHELL_QEMU_PROGRAM_KEEPER_HPP

#include <sys/types.h>

namespace qmp_shell {

/// Starts the program in a session of its own, so that Ctrl-C reaches only the shell, and stays until it has ended. A script
/// may end before the QEMU that it has started: the keeper then stays until that QEMU has ended, too, or until the shell
/// reports that QEMU has closed its monitor; a QEMU that then does not exit is killed. If the shell dies, or the script fails, the keeper ends all processes that the
/// program has started, with SIGTERM and after five seconds with SIGKILL.
/// @param shell the process to watch
/// @param news a pipe: the shell writes to it when QEMU has closed its monitor; -1: there is none
/// @param program its name and its arguments, as execvp() takes them
/// @return the status to exit with: that of the program, or, if the program succeeded, that of the process it left running. If
/// a signal killed that process, this does not return: the keeper dies of the same signal.
[[nodiscard]] int keep_program(::pid_t shell, int news, char** program);

/// The exit status of a program that cannot be started.
constexpr int no_such_program = 127;

}  // namespace qmp_shell

#endif
