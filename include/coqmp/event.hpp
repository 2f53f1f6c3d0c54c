// An event as QEMU reported it.
#ifndef COQMP_EVENT_HPP
#define COQMP_EVENT_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace coqmp {

/// Something that happened in QEMU.
/// @par Threads Distinct objects may be used from distinct threads.
struct event
{
    std::string name;          ///< `SHUTDOWN`, `BLOCK_JOB_COMPLETED`, ...
    boost::json::object data;  ///< Empty if the event has none.
    /// When it happened, by the host's clock. Empty if QEMU could not read the clock (it sends -1).
    std::optional<std::chrono::system_clock::time_point> timestamp;
    /// How many events this stream lost just before this one, because its queue was full.
    std::uint64_t lost_before = 0;

    friend bool operator==(event const&, event const&) = default;
};

/// Prints the name and, if it has any, the data as JSON.
std::ostream& operator<<(std::ostream& out, event const& what);

}  // namespace coqmp

#endif
