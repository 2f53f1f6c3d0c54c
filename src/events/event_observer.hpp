// Sees a session's events as they come.
#ifndef COQMP_SRC_EVENTS_EVENT_OBSERVER_HPP
#define COQMP_SRC_EVENTS_EVENT_OBSERVER_HPP

#include "protocol/plain_message.hpp"

#include <coqmp/event.hpp>

namespace coqmp::detail {

/// Called on the session's executor, in the middle of the session's work: it must not run foreign code.
class event_observer
{
public:
    event_observer(event_observer const&) = delete;
    event_observer& operator=(event_observer const&) = delete;

    virtual void observe(event const& happened) = 0;
    /// The same for an event that no stream needs, in QEMU's own text.
    virtual void observe_text(protocol::plain_event const& happened) = 0;

protected:
    event_observer() = default;
    ~event_observer() = default;
};

}  // namespace coqmp::detail

#endif
