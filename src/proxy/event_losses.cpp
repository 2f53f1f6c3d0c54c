#include "proxy/event_losses.hpp"

#include <utility>

namespace coqmp::proxy {

event_losses::decision event_losses::offer(std::size_t waiting) noexcept
{
    bool const has_room = unreported_ == 0 ? waiting < limit_ : waiting <= limit_ / 2;
    if (has_room)
        return {true, std::exchange(unreported_, 0)};
    ++unreported_;
    ++total_;
    return {};
}

event lost_event(std::uint64_t count, std::optional<std::chrono::system_clock::time_point> when)
{
    event result;
    result.name = "__org.coqmp_EVENTS_LOST";
    result.data["count"] = count;
    result.timestamp = when;
    return result;
}

}  // namespace coqmp::proxy
