// Options of a supervisor.
#ifndef COQMP_SUPERVISOR_OPTIONS_HPP
#define COQMP_SUPERVISOR_OPTIONS_HPP

#include <coqmp/descriptor_store.hpp>
#include <coqmp/log_level.hpp>

#include <cstddef>
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

    /// Keeps the connections with the monitors of the machines open while the program restarts: with a `directory`, a supervisor
    /// puts each of them into this store, and the next one goes on with those in descriptor_store::content. So the events of the
    /// machines between the two supervisors are not lost: QEMU writes them into the connection, and they are delivered, in order,
    /// when the machine is added. A machine that ended meanwhile has ended for the reason that its events say, and not for
    /// lifecycle_reason::ended_unseen. What is lost is at most what the first program had read and not handled when it was killed.
    /// If a connection cannot be used any more, the machine is adopted without it, as without a store.
    ///
    /// The connections stay in the store when the program is killed, and after supervisor::async_release_all(). A machine that has
    /// ended, was removed or was released alone, or whose connection has ended, has nothing in it. As long as QEMU's events are not
    /// read, they take memory in QEMU, so a store should not keep a connection for long. The functions are called on the
    /// supervisor's executor, and must not throw. If they are empty, nothing is kept.
    descriptor_store store;

    /// How many machines may be starting at the same time; the others wait for their turn. Zero: no limit.
    std::size_t concurrent_starts = 8;

    /// How many changes a stream holds, unless the call of supervisor::subscribe() says otherwise.
    std::size_t change_capacity = 1024;
    /// The same for events.
    std::size_t event_capacity = 4096;

    /// Called with sentences for the log, on the supervisor's executor; it must not throw. Each begins with the machine's name.
    std::function<void(log_level, std::string_view)> log;
};

}  // namespace coqmp

#endif
