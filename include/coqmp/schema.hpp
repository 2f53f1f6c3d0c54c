// What a QEMU understands: its commands, events and types.
#ifndef COQMP_SCHEMA_HPP
#define COQMP_SCHEMA_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/schema_command.hpp>
#include <coqmp/schema_event.hpp>
#include <coqmp/schema_member.hpp>
#include <coqmp/schema_problem.hpp>
#include <coqmp/schema_type.hpp>

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp {

class command;
class event_filter;

/// What one QEMU says of itself (`query-qmp-schema`): which commands, arguments, events and values it has. query_schema() gets it
/// from a running QEMU. An immutable value; copies share one copy of the data, about 300 KiB.
///
/// Names of arguments can be paths: `has_argument("blockdev-add", "file.driver")`. A path goes through arrays without a sign, and
/// through all variants of a union.
/// @code
/// coqmp::schema const schema = co_await coqmp::query_schema(session);
/// if (schema.has_argument("chardev-add", "backend.data.reconnect-ms"))
///     ...
/// if (auto const problem = schema.check(command))
///     std::cerr << *problem << '\n';
/// @endcode
/// What makes no sense in a schema is left out, and a hostile schema costs no more time or memory than a real one of its size.
/// @par Threads Distinct objects may be used from distinct threads, also copies of one schema.
/// @see examples/schema.cpp
class schema
{
public:
    /// Knows nothing: it has no command and no event, and check() accepts everything.
    schema() noexcept = default;

    /// @param returned what `query-qmp-schema` returned
    /// @throws unexpected_value: it is not an array, or far larger than QEMU's (100,000 entries); std::bad_alloc
    explicit schema(boost::json::value const& returned);

    /// @param text what `query-qmp-schema` returned, as JSON; also the whole reply, `{"return": [...]}`
    /// @throws unexpected_value, also if it is not JSON; std::bad_alloc
    [[nodiscard]] static schema parse(std::string_view text);

    /// parse() with the text of a file. Blocks.
    /// @throws std::system_error: the file cannot be read
    /// @throws what parse() throws
    [[nodiscard]] static schema load(std::string const& file);

    /// Whether it knows nothing.
    [[nodiscard]] bool empty() const noexcept;

    /// All commands, in the order of their names.
    [[nodiscard]] std::vector<schema_command> commands() const;
    /// All events, in the order of their names.
    [[nodiscard]] std::vector<schema_event> events() const;
    /// The names of all commands, in order.
    /// @see examples/schema.cpp
    [[nodiscard]] std::vector<std::string> command_names() const;
    /// The names of all events, in order.
    [[nodiscard]] std::vector<std::string> event_names() const;

    /// @return nothing: there is no such command
    /// @see examples/qmp-shell/language/explain/help.cpp
    [[nodiscard]] std::optional<schema_command> find_command(std::string_view name) const;
    /// @return nothing: there is no such event
    /// @see examples/qmp-shell/language/explain/help.cpp
    [[nodiscard]] std::optional<schema_event> find_event(std::string_view name) const;

    /// Whether QEMU has this command.
    /// @see examples/schema.cpp
    [[nodiscard]] bool has_command(std::string_view name) const noexcept;
    /// Whether the command has this argument, or this member of an argument.
    /// @param path `node-name`, `file.driver`
    /// @see examples/schema.cpp
    [[nodiscard]] bool has_argument(std::string_view command, std::string_view path) const;
    /// Whether an argument, an enumeration, has this value.
    [[nodiscard]] bool has_value(std::string_view command, std::string_view path, std::string_view value) const;
    /// Whether QEMU has this event.
    [[nodiscard]] bool has_event(std::string_view name) const noexcept;
    /// Whether the event's data has this member.
    [[nodiscard]] bool has_event_member(std::string_view event, std::string_view path) const;
    /// Whether the command has this feature, such as `deprecated`.
    [[nodiscard]] bool has_feature(std::string_view command, std::string_view feature) const noexcept;
    /// Whether the argument has this feature.
    [[nodiscard]] bool has_feature(std::string_view command, std::string_view path, std::string_view feature) const;

    /// Checks a command as QEMU does before it executes it: its name, its arguments, their types and values. QEMU may reject more,
    /// for example a number that is too large, or the properties of a device.
    /// @return the first problem, with what may have been meant; nothing: QEMU accepts the form of the command
    /// @see examples/schema.cpp
    [[nodiscard]] std::optional<schema_problem> check(command const& request) const;

    /// Checks that a subscription can receive something: that QEMU has the events, and that at least one of them has each of the
    /// members that the filter requires.
    /// @return the first problem; nothing: there is none
    /// @see examples/schema.cpp
    [[nodiscard]] std::optional<schema_problem> check(event_filter const& filter) const;

    /// How many bytes the data takes, once for all copies.
    [[nodiscard]] std::size_t memory() const noexcept;

    /// Whether two schemas share one copy of the data.
    friend bool operator==(schema const&, schema const&) = default;

private:
    std::shared_ptr<detail::schema_tables const> tables_;
};

}  // namespace coqmp

#endif
