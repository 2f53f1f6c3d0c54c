#include "language/read/property_value.hpp"

#include "language/members.hpp"
#include "language/read/integer.hpp"
#include "language/read/typing.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>

#include <utility>
#include <variant>

namespace json = boost::json;

namespace qmp_shell {

namespace {

/// @return null: there is no such property
json::object const* find_property(json::value const& listed, std::string_view name)
{
    if (json::array const* const items = listed.if_array())
        for (json::value const& each : *items)
            if (text_in(each, "name") == name && each.is_object())
                return &each.get_object();
    return nullptr;
}

/// A device's property keeps the type that its text was guessed to have where QEMU does not name another one.
bool stays_guessed(std::string_view type)
{
    return type.empty() || type == "number" || type == "double" || type == "any";
}

}  // namespace

bool is_integer_type(std::string_view type)
{
    std::size_t const name = type.starts_with("uint") ? 4 : type.starts_with("int") ? 3 : 0;
    return type == "size" || (name != 0 && type.find_first_not_of("0123456789", name) == std::string_view::npos);
}

std::string_view type_of_property(json::value const& listed, std::string_view name)
{
    json::object const* const found = find_property(listed, name);
    return found != nullptr ? text_in(*found, "type") : std::string_view();
}

std::optional<json::value> value_of_property(std::string_view type, std::string_view text)
{
    if (type == "bool") {
        std::optional<bool> const truth = text == "1" || text == "0" ? text == "1" : read_boolean(text);
        return truth ? std::optional<json::value>(*truth) : std::nullopt;
    }
    if (is_integer_type(type)) {
        auto read = read_integer(text);
        auto* const good = std::get_if<json::value>(&read);
        return good != nullptr ? std::optional(std::move(*good)) : std::nullopt;
    }
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (type == "number" || type == "double")
        return !error && value.is_number() ? std::optional(std::move(value)) : std::nullopt;
    // For types that the name does not describe (enumerations, structures): JSON for an object or an array, otherwise a text.
    bool const is_text = type == "str" || type == "string" || type.starts_with("link<");
    bool const structured = !error && !is_text && (value.is_object() || value.is_array());
    return structured ? std::move(value) : json::value(json::string_view(text));
}

void type_by_properties(typed_command& what, json::value const& properties)
{
    for (auto const& [name, text] : what.guessed) {
        json::object const* const property = find_property(properties, name);
        json::value* const argument = what.arguments.if_contains(name);
        if (property == nullptr || argument == nullptr)
            continue;
        std::string_view const type = text_in(*property, "type");
        // The address of a PCI device says that it is an integer, but `5` is slot 5 as a text and slot 0, function 5 as a number.
        bool const is_slot = text_in(*property, "description").starts_with("Slot and");
        if (is_slot || !stays_guessed(type))
            if (auto typed = value_of_property(is_slot ? "str" : type, text))
                *argument = std::move(*typed);
    }
}

}  // namespace qmp_shell
