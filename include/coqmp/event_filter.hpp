// Chooses events by name, by members of their data, and by a predicate.
#ifndef COQMP_EVENT_FILTER_HPP
#define COQMP_EVENT_FILTER_HPP

#include <coqmp/detail/to_json.hpp>
#include <coqmp/event.hpp>

#include <boost/json/value.hpp>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

/// Chooses events. An event passes if its name is one of the names (without names: any name), if its data has each required
/// member with the required value, and if the predicate, if there is one, returns true.
///
/// Inside a `co_await` expression, use the constructor for one name and also_named(), because g++ 12 rejects initializer lists
/// there.
/// @code
/// coqmp::event_filter("DEVICE_DELETED").with("device", "net1")
/// @endcode
/// @par Threads Distinct objects may be used from distinct threads. A predicate runs on the session's executor.
/// @see examples/events.cpp
class event_filter
{
public:
    /// Every event.
    event_filter() = default;
    /// Events of one name.
    event_filter(char const* name) : names_{name} {}
    /// @copydoc event_filter(char const*)
    event_filter(std::string name) : names_{std::move(name)} {}
    /// Events of any of these names.
    event_filter(std::initializer_list<std::string_view> names) : names_(names.begin(), names.end()) {}
    /// @copydoc event_filter(std::initializer_list<std::string_view>)
    explicit event_filter(std::vector<std::string> names) : names_(std::move(names)) {}

    /// Adds a name.
    event_filter& also_named(std::string_view name) &;
    /// @copydoc also_named
    [[nodiscard]] event_filter also_named(std::string_view name) &&;

    /// Requires a member of the event's data to have this value. Numbers compare by value, whatever their JSON kind.
    /// @param member the member's name
    /// @param value what command::with() takes; an optional without a value is null
    /// @throws what the conversion to JSON throws; std::bad_alloc
    /// @see examples/events.cpp
    template <class Value>
    event_filter& with(std::string_view member, Value&& value) &
    {
        require(member, detail::to_json(std::forward<Value>(value)));
        return *this;
    }
    /// @copydoc with
    template <class Value>
    [[nodiscard]] event_filter with(std::string_view member, Value&& value) &&
    {
        return std::move(with(member, std::forward<Value>(value)));
    }

    /// Requires the predicate to return true. It must not throw: the exception would leave the
    /// `run()` of the execution context. It may subscribe and close streams; a stream that it opens starts with the next event.
    event_filter& matching(std::function<bool(event const&)> predicate) &;
    /// @copydoc matching
    [[nodiscard]] event_filter matching(std::function<bool(event const&)> predicate) &&;

    /// An event must have one of these names; empty if any name passes.
    [[nodiscard]] std::vector<std::string> const& names() const noexcept { return names_; }

    /// The members of the data that are required, with their values.
    [[nodiscard]] std::vector<std::pair<std::string, boost::json::value>> const& members() const noexcept { return members_; }

    /// Whether the event passes.
    [[nodiscard]] bool accepts(event const& candidate) const;

private:
    void require(std::string_view member, boost::json::value value);

    std::vector<std::string> names_;
    std::vector<std::pair<std::string, boost::json::value>> members_;
    std::function<bool(event const&)> predicate_;
};

}  // namespace coqmp

#endif
