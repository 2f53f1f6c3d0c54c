// What a machine launches, and how.
#ifndef COQMP_MACHINE_SPEC_HPP
#define COQMP_MACHINE_SPEC_HPP

#include <coqmp/session_options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace coqmp {

/// What to launch.
struct machine_spec
{
    machine_spec() = default;  // not an aggregate, as session_options

    std::string program = "qemu-system-x86_64";  ///< Found through PATH if it has no slash.
    /// Arguments, excluding those for the monitor, which are appended; the id of its chardev begins with listener::default_chardev_id, and is one that
    /// these arguments do not use. QEMU has to stay in the foreground: `-daemonize` is refused, and a script
    /// that ends before the QEMU that it has started leaves that QEMU unwatched.
    std::vector<std::string> arguments;
    /// The environment, `NAME=value` each, instead of our own.
    std::optional<std::vector<std::string>> environment;
    /// Starts the program in our own process group. Ctrl-C and Ctrl-Z in the terminal then reach QEMU as well, and Ctrl-C kills
    /// a guest that is being shut down. Otherwise QEMU gets a process group of its own. For programs that use the terminal
    /// (`-display curses`) or that create a session of their own.
    bool share_process_group = false;
    /// Limits the start, from async_start() until capabilities are negotiated. Programs are started one after the other, and the time that this
    /// one waits for its turn counts: allow more if many start at once. Zero: no limit.
    std::chrono::nanoseconds start_timeout = std::chrono::seconds(30);
    /// Bytes of the end of its standard error that are kept.
    std::size_t error_tail = std::size_t{16} << 10;
    /// Options for the machine's session. Their connect_timeout is not used: start_timeout covers connecting as well.
    session_options session;
};

}  // namespace coqmp

#endif
