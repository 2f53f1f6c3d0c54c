// Where a migration goes to or comes from, and how.
#ifndef COQMP_MIGRATION_SPEC_HPP
#define COQMP_MIGRATION_SPEC_HPP

#include <coqmp/detail/to_json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

/// Where a migration goes to or comes from, and how. A value: copy it, keep it.
/// @code
/// coqmp::migration_spec("unix:/run/vm7.migration").capability("postcopy-ram").parameter("max-bandwidth", 1 << 30)
/// @endcode
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/migration.cpp
class migration_spec
{
public:
    /// @param uri as QEMU takes it: `unix:/path`, `tcp:host:port`, `fd:name`, `exec:command`
    migration_spec(std::string uri) : kind_("uri"), address_(detail::to_json(uri)) {}
    /// @copydoc migration_spec(std::string)
    migration_spec(char const* uri) : migration_spec(std::string(uri)) {}
    /// @param channels as QEMU 8.2 and later take them
    explicit migration_spec(boost::json::array channels) : kind_("channels"), address_(std::move(channels)) {}

    /// Turns a capability on or off; source and destination must agree. `events` is turned on where QEMU has it.
    migration_spec& capability(std::string_view name, bool on = true) &
    {
        capabilities_.emplace_back(name, on);
        return *this;
    }
    /// @copydoc capability
    [[nodiscard]] migration_spec capability(std::string_view name, bool on = true) && { return std::move(capability(name, on)); }

    /// Sets a parameter: `max-bandwidth` (bytes per second), `downtime-limit` (milliseconds), ...
    /// @param name as in QEMU's `migrate-set-parameters`
    /// @param value a text, or anything that `json::value` or `json::value_from()` takes
    /// @see examples/migration.cpp
    template <class Value>
    migration_spec& parameter(std::string_view name, Value&& value) &
    {
        parameters_[name] = detail::to_json(std::forward<Value>(value));
        return *this;
    }
    /// @copydoc parameter
    template <class Value>
    [[nodiscard]] migration_spec parameter(std::string_view name, Value&& value) &&
    {
        return std::move(parameter(name, std::forward<Value>(value)));
    }

    /// `uri` or `channels`: the name of the argument that holds the address.
    [[nodiscard]] std::string const& address_kind() const noexcept { return kind_; }
    /// The value of that argument.
    [[nodiscard]] boost::json::value const& address() const noexcept { return address_; }
    [[nodiscard]] std::vector<std::pair<std::string, bool>> const& capabilities() const noexcept { return capabilities_; }
    [[nodiscard]] boost::json::object const& parameters() const noexcept { return parameters_; }

private:
    std::string kind_;
    boost::json::value address_;
    std::vector<std::pair<std::string, bool>> capabilities_;
    boost::json::object parameters_;
};

}  // namespace coqmp

#endif
