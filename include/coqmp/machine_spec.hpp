// What a machine launches, and how.
#ifndef COQMP_MACHINE_SPEC_HPP
#define COQMP_MACHINE_SPEC_HPP

#include <coqmp/launch_options.hpp>
#include <coqmp/session_options.hpp>

#include <chrono>

namespace coqmp {

/// What to launch.
/// @see examples/demo.cpp, examples/adopt.cpp
struct machine_spec : launch_options
{
    machine_spec() = default;  // not an aggregate, as session_options

    /// Limits the start, from async_start() until capabilities are negotiated. Programs are started one after the other, and the
    /// time that this one waits for its turn counts: allow more if many start at once. Zero: no limit.
    std::chrono::nanoseconds start_timeout = std::chrono::seconds(30);
    /// Launches the machine so that it can outlive this program: machine::release() or machine::record() then let another process
    /// adopt it, and QEMU also survives if this program is killed. The machine must be started with a listener on a unix socket
    /// with an absolute path, preferably one listener per machine: QEMU reconnects to that path once a second whenever its
    /// monitor loses its client. error_tail works only if standard error goes to a file. output_target::lines() is rejected,
    /// because its pipe would close when this program ends. Before a program is started for the first time, it is run with
    /// `--version`, because QEMU 9.2 replaced the option `reconnect` with `reconnect-ms`. Destroying the machine still kills
    /// QEMU, unless release_when_destroyed is set.
    ///
    /// `-daemonize` is then allowed among the arguments. The machine is whichever process connects, so the listener must not be
    /// shared. If QEMU goes to the background and the start fails before it connects, the library cannot find it and does not
    /// kill it.
    bool outlives_us = false;
    /// Only with outlives_us: destroying the machine releases it, also when an exception or a cancellation destroys it and when the
    /// execution context ends. QEMU is then ended only by async_shutdown() and kill(). A machine that is not ready yet, or was told to
    /// shut down, is killed nevertheless.
    bool release_when_destroyed = false;
    /// Options for the machine's session. Their connect_timeout is not used: start_timeout covers connecting as well.
    session_options session;
};

}  // namespace coqmp

#endif
