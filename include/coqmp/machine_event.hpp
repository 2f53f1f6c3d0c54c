// An event of one of the machines of a supervisor.
#ifndef COQMP_MACHINE_EVENT_HPP
#define COQMP_MACHINE_EVENT_HPP

#include <coqmp/event.hpp>

#include <cstdint>
#include <string>

namespace coqmp {

/// @see supervisor::subscribe_events()
struct machine_event
{
    machine_event() = default;  // not an aggregate, as session_options

    std::string machine;  ///< Its name.
    /// event::lost_before counts the events of this machine that were lost on the way to the supervisor.
    event what;
    std::uint64_t lost_before = 0;  ///< Events of any machine that the stream lost right before this one; its queue was full.
};

}  // namespace coqmp

#endif
