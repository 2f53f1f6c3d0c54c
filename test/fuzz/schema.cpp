// Every JSON is a schema or is rejected; every question to it, and every check by it, ends.
#include "expect.hpp"

#include <coqmp/command.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/schema.hpp>
#include <coqmp/unexpected_value.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace json = boost::json;

namespace {

using coqmp::command;
using coqmp::schema;
using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;
using coqmp::fuzz::expect;

/// Some parts of each kind, so that one input takes milliseconds.
template <class Part>
std::vector<Part> some(std::vector<Part> parts, std::size_t most = 8)
{
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(std::min(most, parts.size())), parts.end());
    return parts;
}

/// A value of the type, as far as the type allows one.
json::value value_of(schema_type const& type, int depth)
{
    switch (type.kind()) {
        case schema_kind::string:
            return "text";
        case schema_kind::integer:
        case schema_kind::number:
            return 1;
        case schema_kind::boolean:
            return true;
        case schema_kind::enumeration: {
            auto const values = type.values();
            return json::value(values.empty() ? "none" : values.front());
        }
        case schema_kind::array:
            return depth == 0 ? json::array() : json::array{value_of(type.element(), depth - 1)};
        case schema_kind::object: {
            json::object result;
            if (depth > 0)
                for (schema_member const& each : some(type.all_members(), 3))
                    result[each.name()] = value_of(each.type(), depth - 1);
            return result;
        }
        case schema_kind::alternate: {
            auto const types = type.alternatives();
            return depth == 0 || types.empty() ? json::value() : value_of(types.front(), depth - 1);
        }
        default:
            return nullptr;
    }
}

void check_type(schema_type const& type)
{
    for (schema_member const& each : some(type.all_members())) {
        expect(type.has_member(each.name()), "a member that is listed is found");
        expect(!each.name().empty(), "a member has a name");
        (void)type.find_members(std::string(each.name()).append(".").append(each.name()));
    }
    for (std::string const& each : some(type.values()))
        expect(type.has_value(each), "a value that is listed is found");
    expect(type.kind() != schema_kind::object || type.as(schema_kind::object) == type, "an object is itself");
    (void)type.element().kind();
    (void)type.alternatives();
}

void check_problem(std::optional<coqmp::schema_problem> const& problem, std::string const& name)
{
    expect(!problem || problem->origin == name, "a problem names its command");
    expect(!problem || !problem->message().empty(), "a problem has a message");
}

void check_schema(schema const& known)
{
    expect(known.commands().size() == known.command_names().size(), "every command has a name");
    expect(known.memory() < 16U << 20U, "a schema has a limit");
    for (coqmp::schema_command const& each : some(known.commands())) {
        std::string const name(each.name());
        expect(known.has_command(name), "a command that is listed is found");
        check_type(each.arguments());
        check_type(each.returns());
        json::value const arguments = value_of(each.arguments(), 3);
        command const what(name, arguments.is_object() ? arguments.get_object() : json::object());
        check_problem(known.check(what), name);
        check_problem(known.check(command(what).with("x", arguments)), name);
    }
    for (coqmp::schema_event const& each : some(known.events())) {
        expect(known.has_event(each.name()), "an event that is listed is found");
        expect(!known.check(coqmp::event_filter(std::string(each.name()))), "a subscription to it is right");
        check_type(each.data());
    }
    (void)known.check(command("no-such-command"));
    (void)known.check(coqmp::event_filter("NO_SUCH_EVENT").with("member", 1));
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string const text(reinterpret_cast<char const*>(data), size);
    try {
        check_schema(schema::parse(text));
    } catch (coqmp::unexpected_value const& error) {
        expect(error.origin() == "query-qmp-schema", "a rejection names the command");
    }
    return 0;
}
