// Inside of braces: names of members, and values, with their quotes.
#include "language/complete/completer.hpp"

#include "language/complete/completion_source.hpp"
#include "language/read/typing.hpp"

#include <boost/json/object.hpp>

#include <set>
#include <utility>

namespace qmp_shell {

void completer::in_braces(spot here, std::string_view path, argument_node& given, word const& current, std::size_t offset)
{
    result_.begin = current.at(current.text.size()).column;
    auto const open = read_open_value(std::string_view(current.text).substr(offset), given);
    if (!open)
        return;
    if (path.empty())
        note_arguments(given);
    std::string whole(path);
    for (std::string const& each : open->path) {
        here = here.member(each);
        whole.append(whole.empty() ? "" : ".").append(each);
    }
    at_open_value(*open, here, whole, current.at(offset + open->begin).column);
}

void completer::at_open_value(open_value const& open, spot const& here, std::string const& path, std::size_t column)
{
    begin(column, open.prefix);
    result_.in_braces = true;
    result_.quote = open.quote;
    if (!open.is_name) {
        if (here.what != nullptr)
            add_values(*here.what, open.quote != '\0' ? open.quote : '"');
        result_.wish = live_wish(command_, path, here.what);
    } else {
        type const* const what = with_members(here.what);
        if (what != nullptr && what->kind == kind::object)
            member_names(*what, *here.given);
        if (command_ == "device_add" && path.empty() && result_.arguments.contains("driver"))
            result_.wish = live::device_property;
    }
    if (result_.quote == '\0')
        result_.quote = '"';
}

void completer::add_member_name(std::string const& name, std::string description)
{
    if (name.starts_with(result_.prefix))
        add(quoted(name, result_.quote != '\0' ? result_.quote : '"') + ": ", std::move(description), false);
}

void completer::member_names(type const& what, argument_node const& given)
{
    std::set<std::string_view> seen;
    for (bool const optional : {false, true})
        for (member const& each : what.members)
            if (each.optional == optional && given.find(each.name) == nullptr && exists(each, given) &&
                seen.insert(each.name).second)
                add_member_name(each.name, described(each));
}

void completer::note_arguments(argument_node const& given)
{
    for (auto const& [name, node] : given.members) {
        mistake ignored;
        if (!node->value)
            continue;
        if (auto const plain = unquote(node->value->text, ignored))
            result_.arguments.insert_or_assign(name, plain->text);
    }
}

void completer::raw_command(word const& current)
{
    argument_node given;
    result_.begin = current.at(current.text.size()).column;
    auto open = read_open_value(current.text, given);
    if (!open)
        return;
    std::size_t const column = current.at(open->begin).column;
    if (open->path.empty() && open->is_name) {
        begin(column, open->prefix);
        result_.quote = open->quote;
        for (std::string const name : {"execute", "arguments", "exec-oob", "id"})
            if (given.find(name) == nullptr)
                add_member_name(name, {});
    } else if (open->path.size() == 1 && (open->path[0] == "execute" || open->path[0] == "exec-oob")) {
        begin(column, open->prefix);
        for (std::string const& name : known_.command_names())
            if (name.starts_with(result_.prefix))
                add(quoted(name, open->quote != '\0' ? open->quote : '"'), {}, false);
    } else if (!open->path.empty() && open->path[0] == "arguments") {
        open->path.erase(open->path.begin());
        raw_arguments(*open, given, column);
    }
}

void completer::raw_arguments(open_value const& open, argument_node const& given, std::size_t column)
{
    argument_node const* name = given.find("execute");
    if (name == nullptr)
        name = given.find("exec-oob");
    mistake ignored;
    auto const plain = name != nullptr && name->value ? unquote(name->value->text, ignored) : std::nullopt;
    command_ = plain ? plain->text : std::string();
    command_entry const* const entry = known_.find_command(command_);
    argument_node const& arguments = *given.find("arguments");
    note_arguments(arguments);
    spot here{entry != nullptr ? entry->arguments : nullptr, &arguments};
    std::string path;
    for (std::string const& each : open.path) {
        here = here.member(each);
        path.append(path.empty() ? "" : ".").append(each);
    }
    at_open_value(open, here, path, column);
}

void completer::raw_action(type const* known, word const& current)
{
    argument_node given;
    in_braces({known, &given}, {}, given, current, 0);
}

}  // namespace qmp_shell
