// How the program ends.
#ifndef QMP_SHELL_EXIT_CODE_HPP
#define QMP_SHELL_EXIT_CODE_HPP

namespace qmp_shell {

/// The program's exit status; what a line came to is said with it too.
enum class exit_code {
    success = 0,
    refused = 1,     ///< QEMU refused a command.
    usage = 2,       ///< A line or the command line made no sense.
    connection = 3,  ///< No connection, or it ended; answers that could not be written.
    interrupted = 130
};

}  // namespace qmp_shell

#endif
