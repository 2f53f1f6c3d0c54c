#include "language/complete/completion_builder.hpp"

#include "language/read/typing.hpp"

#include <set>
#include <utility>

namespace qmp_shell {

type const* with_members(type const* what)
{
    type const* const object = as_kind(what, kind::object);
    return object != nullptr ? object : as_kind(what, kind::array);
}

spot spot::member(std::string_view name) const
{
    static argument_node const nothing;
    argument_node const* below = given->find(name);
    spot result{nullptr, below != nullptr ? below : &nothing};
    type const* const here = with_members(what);
    if (here != nullptr && here->kind == kind::array)
        result.what = here->element;
    else if (here != nullptr && here->kind == kind::object)
        if (qmp_shell::member const* found = find_member(*here, name, *given); found != nullptr)
            result.what = found->what;
    return result;
}

std::vector<member const*> free_members(type const& what, argument_node const& given)
{
    std::vector<member const*> result;
    std::set<std::string_view> names;
    for (bool const optional : {false, true}) {
        for (member const& each : what.members) {
            argument_node const* const had = given.find(each.name);
            bool const free = had == nullptr || !had->value;
            if (each.optional == optional && free && exists(each, given) && names.insert(each.name).second)
                result.push_back(&each);
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

void completion_builder::add_words(std::initializer_list<std::string_view> words)
{
    for (std::string_view const each : words)
        if (each.starts_with(result.prefix))
            add(std::string(each), {}, true);
}

void completion_builder::add_commands()
{
    for (std::string const& name : known.command_names()) {
        if (!name.starts_with(result.prefix))
            continue;
        command_entry const& entry = *known.find_command(name);
        add(name, entry.deprecated ? "deprecated" : entry.unstable ? "unstable" : "", true);
    }
}

void completion_builder::add_values(type const& what, char quote)
{
    if (what.kind == kind::enumeration)
        for (std::string const& each : what.values)
            if (each.starts_with(result.prefix))
                add(quoted(each, quote), {}, true);
    if (what.kind == kind::boolean && result.quote == '\0')
        add_words({"true", "false"});
    if (what.kind == kind::null && result.quote == '\0')
        add_words({"null"});
    if (what.kind == kind::alternate)
        for (type const* each : what.alternatives)
            if (each->kind != kind::alternate)
                add_values(*each, quote);
}

void completion_builder::offer_device_properties(bool at_top)
{
    if (at_top && command == "device_add" && result.arguments.contains("driver"))
        result.source = completion_source::device_property;
}

}  // namespace qmp_shell
