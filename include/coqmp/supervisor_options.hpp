// Options of a supervisor.
#ifndef COQMP_SUPERVISOR_OPTIONS_HPP
#define COQMP_SUPERVISOR_OPTIONS_HPP

#include <coqmp/log_level.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace coqmp {

/// @see supervisor
struct supervisor_options
{
    supervisor_options() = default;  // not an aggregate, like session_options

    /// A directory for the supervisor alone; it is created (mode 0700) if it does not exist. With it, the desired state of each
    /// machine (up or down) survives this program and the host, and the machines can survive this program: they are launched as
    /// with machine_spec::outlives_us, and the next supervisor with this directory adopts those that still run when they are added
    /// to it. Each machine has a directory of its name there, with the files that machine::adopt_or_start() describes and a file
    /// for its desired state. If this is empty, the machines end with the supervisor, and nothing is stored.
    std::string directory;

    /// How many machines may be starting at the same time; the others wait for their turn. Zero: no limit.
    std::size_t concurrent_starts = 8;

    /// How many changes a stream holds, unless the call of supervisor::subscribe() says otherwise.
    std::size_t change_capacity = 1024;
    /// The same for events.
    std::size_t event_capacity = 4096;

    /// The file `log` in a machine's directory is shortened when it is larger than this, in bytes; its last part becomes `log.1`. It
    /// is checked when QEMU is launched and ends, and every ten seconds, or every second after it was too large. QEMU writes to the
    /// file directly, so that it can outlive this program: it can write more between two checks. Zero: no limit.
    std::uint64_t largest_log = 1 << 20;

    /// Called with sentences for the log, on the supervisor's executor; it must not throw. Each begins with the machine's name.
    std::function<void(log_level, std::string_view)> log;
};

}  // namespace coqmp

#endif
