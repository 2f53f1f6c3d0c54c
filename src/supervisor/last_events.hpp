// What a QEMU that has ended said at last, on a connection that was kept open meanwhile.
#ifndef COQMP_SRC_SUPERVISOR_LAST_EVENTS_HPP
#define COQMP_SRC_SUPERVISOR_LAST_EVENTS_HPP

#include "machine/adoption.hpp"

#include <coqmp/event.hpp>
#include <coqmp/session_options.hpp>

#include <vector>

namespace coqmp::detail {

/// The unread events, in order, up to the end of the connection or to something that is not QMP. Does not wait.
/// @param options the limits of a message
[[nodiscard]] std::vector<event> last_events(kept_connection const& kept, session_options const& options);

}  // namespace coqmp::detail

#endif
