// How a daemon ends.
#ifndef COQMP_DAEMON_EXIT_CODE_HPP
#define COQMP_DAEMON_EXIT_CODE_HPP

namespace coqmp_daemon {

/// A daemon's exit status, the same as qmp-shell's where both have it.
enum class exit_code {
    success = 0,    ///< Also after SIGTERM and SIGINT.
    failure = 1,    ///< The daemon could not do its work.
    usage = 2,      ///< The command line or the configuration is wrong: a restart will not help.
    connection = 3  ///< A connection or a listening socket failed, or standard output did.
};

}  // namespace coqmp_daemon

#endif
