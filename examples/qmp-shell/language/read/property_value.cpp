// Devices take arguments that no schema knows: their properties, which device-list-properties lists.
#include "language/json_access.hpp"
#include "language/read/integer.hpp"
#include "language/read/literal.hpp"
#include "language/read/syntax.hpp"
#include "language/read/typing.hpp"

#include <boost/json/string.hpp>

#include <map>

namespace json = boost::json;

namespace qmp_shell {

namespace {

bool is_integer_type(std::string_view name)
{
    return name == "size" || name.starts_with("int") || name.starts_with("uint");
}

/// @return nothing: it stays what it was guessed to be
std::optional<json::value> typed_property(std::string_view type_name, std::string_view description, std::string_view text)
{
    // The address of a PCI device says that it is an integer, but `5` is slot 5 as a text and slot 0, function 5 as a number.
    if (description.starts_with("Slot and"))
        return json::value(json::string_view(text));
    if (is_integer_type(type_name)) {
        auto read = read_integer(text);
        auto* const good = std::get_if<json::value>(&read);
        return good != nullptr ? std::optional(std::move(*good)) : std::nullopt;
    }
    if (type_name == "bool") {
        std::optional<bool> const truth = read_boolean(text);
        return truth ? std::optional<json::value>(*truth) : std::nullopt;
    }
    if (type_name.empty() || type_name == "number" || type_name == "double" || type_name == "any")
        return std::nullopt;
    return json::value(json::string_view(text));
}

}  // namespace

void type_by_properties(typed_command& what, json::value const& properties)
{
    json::array const* items = properties.if_array();
    if (items == nullptr || what.guessed.empty())
        return;
    std::map<std::string_view, json::object const*> known;
    for (json::value const& item : *items)
        if (json::object const* property = item.if_object(); property != nullptr)
            known.emplace(text_in(*property, "name"), property);
    for (auto const& [name, text] : what.guessed) {
        auto const found = known.find(name);
        json::value* argument = what.arguments.if_contains(name);
        if (found == known.end() || argument == nullptr)
            continue;
        json::object const& property = *found->second;
        if (auto typed = typed_property(text_in(property, "type"), text_in(property, "description"), text))
            *argument = std::move(*typed);
    }
}

}  // namespace qmp_shell
