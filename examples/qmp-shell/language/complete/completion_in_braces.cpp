#include "language/complete/completion_in_braces.hpp"

#include "language/explain/help.hpp"
#include "language/read/value_scanner.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmp_shell {

using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;

namespace {

/// What is to be completed at the end of a text such as `{"driver": "qco`.
struct partial_value
{
    bool is_name = false;           ///< of a member; else it is a value
    std::vector<std::string> path;  ///< to the value, or to the object whose member it is: names, and numbers of items
    std::size_t begin = 0;          ///< offset of what is there of it, with its quote
    std::string prefix;             ///< what is there of it, without its quote
    char quote = '\0';              ///< the open quote
};

/// What is to be completed. @param path to it
partial_value at_cursor(value_part const& last, std::vector<std::string> path)
{
    partial_value result;
    result.is_name = last.what == value_part::kind::unfinished_name;
    if (result.is_name)
        path.pop_back();
    result.path = std::move(path);
    result.begin = last.begin;
    bool const quoted = last.text.starts_with('"') || last.text.starts_with('\'');
    result.quote = quoted ? last.text.front() : '\0';
    result.prefix = last.text.substr(quoted ? 1 : 0);
    return result;
}

/// Reads less strictly than read_literal(): mistakes before the cursor are reported when the line is entered.
/// @param text begins with a brace or a bracket
/// @param given gets what was read, as if it had been typed as `a.b=value`
/// @return nothing: it is closed, makes no sense, or nothing can be completed there
std::optional<partial_value> read_partial_value(std::string_view text, argument_node& given)
try {
    using part_kind = value_part::kind;
    value_scanner parts(text, notation::python, value_scanner::extent::beginning);
    std::vector<argument_node*> levels;
    std::vector<std::string> path;  // to what is being read: a name or a number for each level
    argument_node* next = &given;   // where the next value belongs
    for (value_part part = parts.next(); part.what != part_kind::end; part = parts.next()) {
        if (part.key) {
            next = &levels.back()->member(*part.key);
            path.back() = *part.key;
        }
        if (part.what == part_kind::unfinished_name || part.what == part_kind::unfinished_value)
            return at_cursor(part, std::move(path));
        if (part.what == part_kind::object || part.what == part_kind::array) {
            levels.push_back(next);
            path.emplace_back();
        } else if (part.what == part_kind::close) {
            levels.pop_back();
            path.pop_back();
        } else if (part.what != part_kind::name) {
            next->value = typed_value{{std::string(part.text), {}}, false};
        }
    }
    return std::nullopt;
} catch (literal_error const&) {
    return std::nullopt;
}

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
        to.add(quoted_word(name, to.result.quote != '\0' ? to.result.quote : '"') + ": ", std::move(description), false);
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
        if (here.what)
            to.add_values(here.what, open.quote != '\0' ? open.quote : '"');
        to.result.source = source_of(to.command, path, here.what);
    } else {
        schema_type const what = with_members(here.what);
        if (what.kind() == schema_kind::object)
            for (schema_member const& each : free_members(what, *here.given))
                if (here.given->find(each.name()) == nullptr)
                    add_member_name(to, std::string(each.name()), describe(each.type()) + remarks(each));
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
    auto const entry = to.known.find_command(to.command);
    argument_node const& arguments = *given.find("arguments");
    note_arguments(to, arguments);
    spot here{entry ? entry->arguments() : schema_type(), &arguments};
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
                to.add(quoted_word(name, open->quote != '\0' ? open->quote : '"'), {}, false);
    } else if (!open->path.empty() && open->path[0] == "arguments") {
        open->path.erase(open->path.begin());
        complete_raw_arguments(to, *open, given, column);
    }
}

}  // namespace qmp_shell
