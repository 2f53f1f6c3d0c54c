// The time of an event.
#ifndef COQMP_SRC_PROTOCOL_EVENT_TIME_HPP
#define COQMP_SRC_PROTOCOL_EVENT_TIME_HPP

#include <chrono>
#include <cstdint>
#include <optional>

namespace coqmp::protocol {

/// @return nothing if the peer could not read its clock (-1), or if no clock shows such a time
[[nodiscard]] inline std::optional<std::chrono::system_clock::time_point> event_time(std::int64_t seconds,
                                                                                     std::int64_t microseconds) noexcept
{
    using std::chrono::system_clock;
    constexpr std::int64_t last_second =
        std::chrono::duration_cast<std::chrono::seconds>(system_clock::duration::max()).count() - 1;
    if (seconds < 0 || seconds > last_second || microseconds < 0 || microseconds >= 1'000'000)
        return std::nullopt;
    auto const since_epoch = std::chrono::seconds(seconds) + std::chrono::microseconds(microseconds);
    return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(since_epoch));
}

}  // namespace coqmp::protocol

#endif
