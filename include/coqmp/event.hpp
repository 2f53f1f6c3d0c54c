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
#include <string_view>

namespace coqmp {

struct event;

namespace detail {
/// Only <coqmp/values.hpp> defines it, so that this header stays cheap to compile.
template <class Value>
class include_coqmp_values_hpp;
}  // namespace detail

/// Something that happened in QEMU.
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/events.cpp
struct event
{
    std::string name;          ///< `SHUTDOWN`, `BLOCK_JOB_COMPLETED`, ...
    boost::json::object data;  ///< Empty if the event has none.
    /// When it happened, by the host's clock. Empty if QEMU could not read the clock (it sends -1).
    std::optional<std::chrono::system_clock::time_point> timestamp;
    /// How many events this stream lost just before this one, because its queue was full.
    std::uint64_t lost_before = 0;

    /// The data as a value of the program's own type; decode() lists the types. Include `<coqmp/values.hpp>` (or
    /// `<coqmp/coqmp.hpp>`) for it.
    /// @throws unexpected_value if the data does not fit the type: `SHUTDOWN: guest: missing`
    template <class Value>
    [[nodiscard]] Value get() const
    {
        return detail::include_coqmp_values_hpp<Value>::decode_data(*this);
    }

    /// One member of the data: `event.get<std::string>("device")`. An optional is empty if the event does not have the member.
    /// @param member its name, as QEMU writes it
    /// @throws unexpected_value if there is no such member, or if it does not fit the type
    template <class Value>
    [[nodiscard]] Value get(std::string_view member) const
    {
        return detail::include_coqmp_values_hpp<Value>::decode_data(*this, member);
    }

    friend bool operator==(event const&, event const&) = default;
};

/// Prints the name and, if it has any, the data as JSON.
/// @see examples/events.cpp
std::ostream& operator<<(std::ostream& out, event const& value);

}  // namespace coqmp

#endif
