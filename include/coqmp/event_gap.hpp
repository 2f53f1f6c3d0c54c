// The marker that stands in an event stream where events may be missing.
#ifndef COQMP_EVENT_GAP_HPP
#define COQMP_EVENT_GAP_HPP

#include <coqmp/event.hpp>

#include <string_view>

namespace coqmp {

/// The name of the marker. QEMU does not send it.
inline constexpr std::string_view event_gap_name = "__org.coqmp_GAP";

/// Whether this is the marker that each stream of a reconnecting_session gets for each gap between two connections, whatever its
/// filter is. The events before it came from the old connection, those after it come from the new one, and what happened in
/// between is not known.
///
/// The marker comes when there is a connection again, so that a reader can ask for the present state at once. Its timestamp says
/// when the connection was lost, and `reason` in its data says why, as a text: that of session_end::reason. (Why later attempts
/// failed is in connection_status::reason, until there is a connection.)
/// @code
/// while (auto event = co_await events.next())
///     if (coqmp::is_event_gap(*event))
///         state = co_await vm.execute("query-status");
/// @endcode
/// @see examples/reconnecting.cpp
[[nodiscard]] inline bool is_event_gap(event const& candidate) noexcept
{
    return candidate.name == event_gap_name;
}

}  // namespace coqmp

#endif
