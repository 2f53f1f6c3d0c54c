// Which events a slow client loses, and when the loss is reported to it.
// Invariant: every event that is offered is sent, or is counted in exactly one report of a loss.
#ifndef COQMP_SRC_SERVER_EVENT_LOSSES_HPP
#define COQMP_SRC_SERVER_EVENT_LOSSES_HPP

#include <coqmp/event.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace coqmp::detail {

/// The rule for one client. Replies are never lost; they count as output that waits.
class event_losses
{
public:
    struct decision
    {
        bool is_sent = false;
        std::uint64_t lost_before = 0;  ///< If not zero: what lost_event() returns is to be sent before the event.

        friend bool operator==(decision const&, decision const&) = default;
    };

    /// @param limit a client for which this many bytes wait, or more, loses the next event
    explicit event_losses(std::size_t limit) noexcept : limit_(limit) {}

    /// Decides about an event that the client wants. After a loss, events are sent again once half of the limit is free, so that there
    /// are few reports of many losses, and not one for each event.
    /// @param waiting the bytes that wait for the client
    [[nodiscard]] decision offer(std::size_t waiting) noexcept;

    /// The events that were lost since the last report.
    [[nodiscard]] std::uint64_t unreported() const noexcept { return unreported_; }
    /// The events that were lost since the beginning.
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

private:
    std::size_t limit_;
    std::uint64_t unreported_ = 0;
    std::uint64_t total_ = 0;
};

/// The report: `__org.coqmp_EVENTS_LOST` with the member `count`. A client gets it whichever events it has chosen.
/// @param when of the event before which it is sent
[[nodiscard]] event lost_event(std::uint64_t count, std::optional<std::chrono::system_clock::time_point> when);

}  // namespace coqmp::detail

#endif
