// Where a session's events go beside its own streams.
#ifndef COQMP_SRC_EVENTS_EVENT_RELAY_HPP
#define COQMP_SRC_EVENTS_EVENT_RELAY_HPP

#include <coqmp/event.hpp>

#include <cstddef>

namespace coqmp::detail {

/// Called on the session's executor.
class event_relay
{
public:
    event_relay(event_relay const&) = delete;
    event_relay& operator=(event_relay const&) = delete;

    /// @param data_memory that the event's data takes, in bytes
    virtual void relay(event&& happened, std::size_t data_memory) = 0;

protected:
    event_relay() = default;
    ~event_relay() = default;
};

}  // namespace coqmp::detail

#endif
