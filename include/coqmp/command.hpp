// A command as a caller writes it: name, arguments, and how it is to be sent.
#ifndef COQMP_COMMAND_HPP
#define COQMP_COMMAND_HPP

#include <coqmp/descriptor.hpp>
#include <coqmp/detail/to_json.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

/// A command to execute. A value: copy it, keep it, send it again.
///
/// Nothing is checked here; the session refuses, before it sends anything, a command that QEMU could not parse.
/// @code
/// co_await session.execute(coqmp::command("blockdev-add").with("driver", "null-co").with("node-name", "scratch"));
/// @endcode
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/first_command.cpp
class command
{
public:
    /// @param name as in QEMU's schema: `query-status`. Vendor (`__`) and unstable (`x-`) names pass through.
    command(char const* name) : name_(name) {}
    /// @copydoc command(char const*)
    command(std::string name) : name_(std::move(name)) {}
    /// @copydoc command(char const*)
    command(std::string_view name) : name_(name) {}
    /// @param name as in QEMU's schema
    /// @param arguments all of them
    command(std::string name, boost::json::object arguments);

    /// Sets one argument; an argument of that name that was there before is replaced.
    ///
    /// g++ 12 does not accept braces, as in `json::object{{"a", 1}}`, in a `co_await` expression. Build nested values with
    /// object and array_of().
    /// @param key the argument's name
    /// @param value a text, a number, a truth value, JSON, `nullptr`; a `std::vector` or another sequence; a `std::map` or another
    /// map of texts; a structure or an enumeration that Boost.Describe describes, with hyphens in place of underscores (decode()
    /// says more of names, and keeps_underscores changes it); and everything else that `json::value_from()` takes. An optional
    /// without a value leaves the argument, or the member of a structure or map, out.
    /// @throws what the conversion to JSON throws; std::invalid_argument: a value that its enumeration does not describe;
    /// std::bad_alloc
    /// @see examples/first_command.cpp, examples/schema.cpp
    template <class Value>
    command& with(std::string_view key, Value&& value) &
    {
        detail::set_member(arguments_, key, std::forward<Value>(value));
        return *this;
    }
    /// @copydoc with
    template <class Value>
    [[nodiscard]] command with(std::string_view key, Value&& value) &&
    {
        return std::move(with(key, std::forward<Value>(value)));
    }

    /// Leaves an argument out. Does nothing if there is none of this name. @param key the argument's name
    command& without(std::string_view key) & noexcept;
    /// @copydoc without
    [[nodiscard]] command without(std::string_view key) && noexcept;

    /// Sends it out of band (`exec-oob`): it overtakes all in-band commands. QEMU allows it for few commands.
    /// @see examples/qmp-shell/qemu/outgoing_command.cpp
    command& out_of_band() & noexcept;
    /// @copydoc out_of_band
    [[nodiscard]] command out_of_band() && noexcept;

    /// How long to wait for the answer, from the moment of execution, instead of session_options::command_timeout.
    /// @param duration zero: wait forever
    /// @see examples/timeouts_and_cancellation.cpp
    command& timeout(std::chrono::nanoseconds duration) & noexcept;
    /// @copydoc timeout
    [[nodiscard]] command timeout(std::chrono::nanoseconds duration) && noexcept;

    /// Adds a descriptor that travels with the command (`getfd` and `add-fd` take one each).
    /// @see examples/qmp-shell/qemu/outgoing_command.cpp
    command& with_descriptor(descriptor carried) &;
    /// @copydoc with_descriptor
    [[nodiscard]] command with_descriptor(descriptor carried) &&;

    [[nodiscard]] std::string const& name() const noexcept { return name_; }
    [[nodiscard]] boost::json::object const& arguments() const noexcept { return arguments_; }
    [[nodiscard]] boost::json::object& arguments() noexcept { return arguments_; }
    [[nodiscard]] bool is_out_of_band() const noexcept { return out_of_band_; }
    /// Nothing: the session's default applies. Zero: forever.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> timeout() const noexcept { return timeout_; }
    [[nodiscard]] std::vector<descriptor> const& descriptors() const noexcept { return descriptors_; }

private:
    std::string name_;
    boost::json::object arguments_;
    std::vector<descriptor> descriptors_;
    std::optional<std::chrono::nanoseconds> timeout_;
    bool out_of_band_ = false;
};

}  // namespace coqmp

#endif
