#include "language/complete/completion_builder.hpp"

#include "language/read/typing.hpp"

#include <set>
#include <utility>

namespace qmp_shell {

using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;

schema_type with_members(schema_type const& what)
{
    schema_type const object = what.as(schema_kind::object);
    return object ? object : what.as(schema_kind::array);
}

spot spot::member(std::string_view name) const
{
    static argument_node const nothing;
    argument_node const* below = given->find(name);
    spot result{schema_type(), below != nullptr ? below : &nothing};
    schema_type const here = with_members(what);
    if (here.kind() == schema_kind::array)
        result.what = here.element();
    else if (auto const found = find_member(here, name, *given))
        result.what = found->type();
    return result;
}

std::vector<schema_member> free_members(schema_type const& what, argument_node const& given)
{
    std::vector<schema_member> result;
    std::vector<schema_member> const all = what.all_members();
    std::set<std::string_view> names;
    for (bool const optional : {false, true}) {
        for (schema_member const& each : all) {
            argument_node const* const had = given.find(each.name());
            bool const free = had == nullptr || !had->value;
            if (each.is_optional() == optional && free && exists(each, given) && names.insert(each.name()).second)
                result.push_back(each);
        }
    }
    return result;
}

void completion_builder::begin(std::size_t column, std::string_view prefix)
{
    result.begin = column;
    result.prefix = prefix;
}

void completion_builder::add(std::string text, std::string description, bool final)
{
    result.candidates.push_back({std::move(text), std::move(description), final});
}

void completion_builder::add_names(std::vector<std::string> const& names)
{
    for (std::string const& name : names)
        if (name.starts_with(result.prefix))
            add(name, {}, true);
}

void completion_builder::add_commands()
{
    for (coqmp::schema_command const& each : known.commands())
        if (each.name().starts_with(result.prefix))
            add(std::string(each.name()),
                each.has_feature("deprecated") ? "deprecated"
                : each.has_feature("unstable") ? "unstable"
                                               : "",
                true);
}

void completion_builder::add_values(schema_type const& what, char quote)
{
    if (what.kind() == schema_kind::enumeration)
        for (std::string const& each : what.values())
            if (each.starts_with(result.prefix))
                add(quoted_word(each, quote), {}, true);
    if (what.kind() == schema_kind::boolean && result.quote == '\0')
        add_names({"true", "false"});
    if (what.kind() == schema_kind::null && result.quote == '\0')
        add_names({"null"});
    if (what.kind() == schema_kind::alternate)
        for (schema_type const& each : what.alternatives())
            if (each.kind() != schema_kind::alternate)
                add_values(each, quote);
}

void completion_builder::offer_device_properties(bool at_top)
{
    if (at_top && command == "device_add" && result.arguments.contains("driver"))
        result.source = completion_source::device_property;
}

}  // namespace qmp_shell
