#include "language/complete/completion_in_braces.hpp"

#include "language/complete/partial_value.hpp"
#include "language/explain/help.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <utility>

namespace qmp_shell {

namespace {

/// Keeps what sources of candidates depend on: a driver, a path.
void note_arguments(completion_builder& to, argument_node const& given)
{
    for (auto const& [name, node] : given.members)
        if (auto const text = text_of(node.get()))
            to.result.arguments.insert_or_assign(name, *text);
}

/// `"name": `
void add_member_name(completion_builder& to, std::string const& name, std::string description)
{
    if (name.starts_with(to.result.prefix))
        to.add(quoted(name, to.result.quote != '\0' ? to.result.quote : '"') + ": ", std::move(description), false);
}

/// @param here where the outermost brace stands, which is at `path`
void at_partial_value(completion_builder& to, partial_value const& open, spot here, std::string path, std::size_t column)
{
    for (std::string const& each : open.path) {
        here = here.member(each);
        path.append(path.empty() ? "" : ".").append(each);
    }
    to.begin(column, open.prefix);
    to.result.in_braces = true;
    to.result.quote = open.quote;
    if (!open.is_name) {
        if (here.what != nullptr)
            to.add_values(*here.what, open.quote != '\0' ? open.quote : '"');
        to.result.source = source_of(to.command, path, here.what);
    } else {
        type const* const what = with_members(here.what);
        if (what != nullptr && what->kind == kind::object)
            for (member const* const each : free_members(*what, *here.given))
                if (here.given->find(each->name) == nullptr)
                    add_member_name(to, each->name, describe(*each->what) + remarks(*each));
        to.offer_device_properties(path.empty());
    }
    if (to.result.quote == '\0')
        to.result.quote = '"';
}

void complete_raw_arguments(completion_builder& to, partial_value const& open, argument_node const& given, std::size_t column)
{
    argument_node const* name = given.find("execute");
    if (name == nullptr)
        name = given.find("exec-oob");
    to.command = text_of(name).value_or("");
    command_entry const* const entry = to.known.find_command(to.command);
    argument_node const& arguments = *given.find("arguments");
    note_arguments(to, arguments);
    spot here{entry != nullptr ? entry->arguments : nullptr, &arguments};
    at_partial_value(to, open, here, {}, column);
}

}  // namespace

void complete_in_braces(completion_builder& to, spot here, std::string_view path, argument_node& given, word const& current,
                        std::size_t offset)
{
    to.result.begin = current.at(current.text.size()).column;
    auto const open = read_partial_value(std::string_view(current.text).substr(offset), given);
    if (!open)
        return;
    if (path.empty())
        note_arguments(to, given);
    at_partial_value(to, *open, here, std::string(path), current.at(offset + open->begin).column);
}

void complete_raw_command(completion_builder& to, word const& current)
{
    argument_node given;
    to.result.begin = current.at(current.text.size()).column;
    auto open = read_partial_value(current.text, given);
    if (!open)
        return;
    std::size_t const column = current.at(open->begin).column;
    if (open->path.empty() && open->is_name) {
        to.begin(column, open->prefix);
        to.result.quote = open->quote;
        for (std::string const name : {"execute", "arguments", "exec-oob", "id"})
            if (given.find(name) == nullptr)
                add_member_name(to, name, {});
    } else if (open->path.size() == 1 && (open->path[0] == "execute" || open->path[0] == "exec-oob")) {
        to.begin(column, open->prefix);
        for (std::string const& name : to.known.command_names())
            if (name.starts_with(to.result.prefix))
                to.add(quoted(name, open->quote != '\0' ? open->quote : '"'), {}, false);
    } else if (!open->path.empty() && open->path[0] == "arguments") {
        open->path.erase(open->path.begin());
        complete_raw_arguments(to, *open, given, column);
    }
}

}  // namespace qmp_shell
