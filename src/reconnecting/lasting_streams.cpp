#include "reconnecting/lasting_streams.hpp"

#include <coqmp/event_gap.hpp>

#include <new>
#include <string>
#include <utility>

namespace coqmp::detail {

void lasting_streams::begin_connection() noexcept
{
    if (std::exchange(has_begun_, true) || !gap_)
        return;
    event marker;
    marker.name = event_gap_name;  // short enough to need no memory
    marker.timestamp = gap_->begin;
    try {
        marker.data["reason"] = gap_->reason.message();
    } catch (std::bad_alloc const&) {
        marker.data.clear();
    }
    gap_.reset();
    hub_.publish_marker(marker);
}

void lasting_streams::end_connection(boost::system::error_code why) noexcept
{
    if (!std::exchange(has_begun_, false))
        return;
    gap_.emplace();
    gap_->begin = std::chrono::system_clock::now();
    gap_->reason = why;
}

void lasting_streams::relay(event&& happened, std::size_t data_memory)
{
    begin_connection();
    hub_.publish(std::move(happened), data_memory);
}

}  // namespace coqmp::detail
