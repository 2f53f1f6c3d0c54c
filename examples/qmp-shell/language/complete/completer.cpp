#include "language/complete/completer.hpp"

#include "language/complete/completion_in_braces.hpp"
#include "language/explain/help.hpp"
#include "language/read/command_line.hpp"
#include "language/read/typing.hpp"
#include "language/read/wait_line.hpp"
#include "language/words.hpp"

#include <algorithm>
#include <span>

namespace json = boost::json;

namespace qmp_shell {

using coqmp::schema;
using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;

namespace {

bool is_blank(std::string_view text)
{
    return text.find_first_not_of(white) == std::string_view::npos;
}

/// The words of a line, without the one at the cursor; that may be empty.
struct split_line
{
    std::vector<word> before;
    word current;
};

/// @param end of the line, and how it ended
split_line split_at_cursor(lexer& reader, std::size_t end, ending how)
{
    split_line result{reader.take(), {{}, {0, end}}};
    if ((reader.ends_in_word() || how != ending::complete) && !result.before.empty()) {
        result.current = std::move(result.before.back());
        result.before.pop_back();
    }
    return result;
}

spot walk(spot from, std::string_view path)
{
    for (std::string_view const name : parts_of(path, '.'))
        from = from.member(name);
    return from;
}

}  // namespace

completion completer::complete(std::string_view line, bool in_transaction, lexer const* begun)
{
    std::size_t const begin = std::min(line.find_first_not_of(white), line.size());
    if (begun == nullptr && line.substr(begin).starts_with(':')) {
        meta_command(line, begin + 1, in_transaction);
        return std::move(to_.result);
    }
    lexer reader = begun != nullptr ? *begun : lexer(in_transaction);
    ending const end = reader.feed(line);
    to_.result.begin = line.size();
    if (reader.ends_in_comment())
        return std::move(to_.result);
    auto const [words, current] = split_at_cursor(reader, line.size(), end);
    statement(words, current, in_transaction);
    // A word that began on an earlier line and is not a value in braces: there is nothing to replace in this line.
    if (current.text.find('\n') != std::string::npos && !to_.result.in_braces && to_.result.candidates.empty()) {
        to_.result = completion();
        to_.result.begin = line.size();
    }
    return std::move(to_.result);
}

void completer::meta_command(std::string_view line, std::size_t name_begin, bool in_transaction)
{
    std::size_t const name_end = line.find_first_of(white, name_begin);
    if (name_end == std::string_view::npos) {
        to_.begin(name_begin, line.substr(name_begin));
        to_.add_names(meta_commands_);
        return;
    }
    std::string_view const name = line.substr(name_begin, name_end - name_begin);
    if (name == "page") {
        completion inner = completer(to_.known, meta_commands_).complete(line.substr(name_end), in_transaction, nullptr);
        inner.begin += name_end;
        to_.result = std::move(inner);
        return;
    }
    std::size_t const last = line.find_last_of(white) + 1;
    to_.begin(last, line.substr(last));
    if ((name == "wait" || name == "wait-event") && to_.result.prefix.starts_with('-'))
        return to_.add("--timeout", "SECONDS: how long to wait at most", true);
    if (name == "wait-event")
        return awaited_event(line);
    meta_argument(name, is_blank(line.substr(name_end, last - name_end)));
}

void completer::awaited_event(std::string_view line)
{
    lexer reader;
    ending const end = reader.feed(line);
    auto const [words, current] = split_at_cursor(reader, line.size(), end);
    if (words.size() < 2)  // after `:wait-event`
        return to_.add_names(to_.known.event_names());
    std::string const& name = words[1].text;
    if (auto const entry = to_.known.find_event(name))
        arguments(name, entry->data(), std::span<word const>(words).subspan(2), current);
}

void completer::meta_argument(std::string_view name, bool first)
{
    if (name == "events") {
        if (to_.result.prefix.starts_with('!'))
            to_.begin(to_.result.begin + 1, std::string(to_.result.prefix, 1));
        else if (first)
            to_.add_names({"off", "on"});
        to_.add_names(to_.known.event_names());
    } else if (name == "help" && to_.result.prefix.starts_with(':') && first) {
        to_.begin(to_.result.begin + 1, std::string(to_.result.prefix, 1));
        to_.add_names(meta_commands_);
    } else if ((name == "help" || name == "schema") && first) {
        to_.add_commands();
        to_.add_names(to_.known.event_names());
    } else if (name == "wait" && first) {
        to_.result.source = completion_source::job_id;
    } else if (name == "wait") {
        to_.add_names({job_states.begin(), job_states.end()});
    } else if ((name == "trace" || name == "pretty") && first) {
        to_.add_names({"off", "on"});
    }
}

void completer::statement(std::span<word const> words, word const& current, bool in_transaction)
{
    bool inside = in_transaction;
    bool closed = false;
    std::span<word const> rest = words;
    if (!inside && !words.empty() && words.front().text == transaction_opening) {
        inside = true;
        rest = words.subspan(1);
    }
    for (std::size_t index = words.size() - rest.size(); inside && index < words.size(); ++index) {
        std::string const& text = words[index].text;
        closed = text == ")";
        inside = !closed;
        if (closed || text == ";")
            rest = words.subspan(index + 1);
    }
    if (closed) {
        closed_transaction_ = true;
        auto const entry = to_.known.find_command("transaction");
        arguments("transaction", entry ? entry->arguments() : schema_type(), rest, current);
    } else if (inside) {
        action(rest, current);
    } else {
        command(rest, current);
    }
}

void completer::action(std::span<word const> words, word const& current)
{
    schema_type const known = action_type(&to_.known);
    if (words.empty() && is_structured(current)) {
        argument_node given;
        return complete_in_braces(to_, {known, &given}, {}, given, current, 0);
    }
    if (!words.empty())
        return arguments(words.front().text, data_type(known, words.front().text), words.subspan(1), current);
    to_.begin(current.where.column, current.text);
    to_.add_names(action_names(known));
}

void completer::command(std::span<word const> words, word const& current)
{
    if (!words.empty() && takes_file(words.back().text))
        return file_to_open(current);
    if (words.empty() && is_structured(current))
        return complete_raw_command(to_, current);
    words = words.subspan(count_options(words));
    if (!words.empty() && words.front().text != "help") {
        auto const entry = to_.known.find_command(words.front().text);
        return arguments(words.front().text, entry ? entry->arguments() : schema_type(), words.subspan(1), current);
    }
    to_.begin(current.where.column, current.text);
    if (current.text.starts_with('-'))
        return options();
    if (words.size() > 1) {  // help blockdev-add driver=qcow2
        auto const entry = to_.known.find_command(words[1].text);
        if (entry)
            arguments(words[1].text, entry->arguments(), words.subspan(2), current);
        return;
    }
    if (!words.empty() && current.text.starts_with(':')) {  // help :wait
        to_.begin(current.where.column + 1, std::string_view(current.text).substr(1));
        return to_.add_names(meta_commands_);
    }
    to_.add_commands();
    if (!words.empty())
        return to_.add_names(to_.known.event_names());
    to_.add_names({"exit", "help"});
    if (!current.text.empty())
        to_.add_names({std::string(transaction_opening)});
}

void completer::options()
{
    for (auto const& [text, description] : {std::pair("--fd", "NAME=PATH: an open file travels with the command"),
                                            std::pair("--fd:ro", "NAME=PATH: the same, open for reading"),
                                            std::pair("--fd:rw", "NAME=PATH: the same, open for both"),
                                            std::pair("--fd:wo", "NAME=PATH: the same, open for writing"),
                                            std::pair("--oob", "out of band: before all that waits")})
        if (std::string_view(text).starts_with(to_.result.prefix))
            to_.add(text, description, true);
}

void completer::arguments(std::string_view name, schema_type const& what, std::span<word const> words, word const& current)
{
    to_.command = name;
    if (!words.empty() && takes_file(words.back().text))
        return file_to_open(current);
    to_.begin(current.where.column, current.text);
    if (current.text.starts_with('-'))
        return options();
    argument_node given;
    read_arguments(words, what, given);
    if (count_options(words) == words.size() && is_structured(current))
        return complete_in_braces(to_, {what, &given}, {}, given, current, 0);
    spot const root{what, &given};
    if (std::optional<argument> const parts = split(current))
        value(root, given, *parts, current);
    else
        key(root, current);
}

void completer::file_to_open(word const& current)
{
    to_.begin(current.where.column, current.text);
    std::size_t const equals = current.text.find('=');
    if (equals == std::string::npos)
        return;
    begin_value(current, equals + 1);
    to_.result.source = completion_source::file;
}

void completer::begin_value(word const& current, std::size_t offset)
{
    std::string_view text = std::string_view(current.text).substr(offset);
    to_.result.begin = current.at(offset).column;
    if (text.starts_with('"') || text.starts_with('\'')) {
        to_.result.quote = text.front();
        text.remove_prefix(1);
    }
    to_.result.prefix = text;
}

void completer::read_arguments(std::span<word const> words, schema_type const& what, argument_node& given)
{
    for (word const& each : words) {
        try {
            if (each.text.starts_with("--"))
                continue;
            add_argument(given, each);
            argument_node alone;
            add_argument(alone, each);
            for (auto& member : type_arguments(alone, what))
                to_.result.arguments.insert_or_assign(member.key(), std::move(member.value()));
        } catch (mistake const&) {  // is reported when the line is entered
            continue;
        }
    }
}

void completer::key(spot const& root, word const& current)
{
    std::string_view const text = current.text;
    if (text.find_first_of("\"'{[") != std::string_view::npos)
        return;
    std::size_t const dot = text.rfind('.');
    std::size_t const last = dot == std::string_view::npos ? 0 : dot + 1;
    to_.begin(current.where.column + last, text.substr(last));
    spot const here = walk(root, text.substr(0, last));
    schema_type const what = with_members(here.what);
    if (what.kind() == schema_kind::object)
        members(what, *here.given);
    if (what.kind() == schema_kind::array)
        member_keys(std::to_string(here.given->members.size()), what.element(), describe(what.element()), nullptr);
    to_.offer_device_properties(last == 0);
}

void completer::members(schema_type const& what, argument_node const& given)
{
    for (schema_member const& each : free_members(what, given))
        if (each.name().starts_with(to_.result.prefix) && (!closed_transaction_ || each.name() != "actions"))
            member_keys(std::string(each.name()), each.type(), describe(each.type()) + remarks(each), given.find(each.name()));
}

void completer::member_keys(std::string const& name, schema_type const& what, std::string const& description,
                            argument_node const* had)
{
    schema_type const inner = with_members(what);
    bool const has_members = inner.kind() == schema_kind::object;
    if ((what.kind() != schema_kind::object || !has_members) && had == nullptr)
        to_.add(name + '=', description, false);
    if (has_members || had != nullptr)
        to_.add(name + '.', description, false);
}

void completer::value(spot const& root, argument_node& given, argument const& parts, word const& current)
{
    std::string_view const text = std::string_view(current.text).substr(parts.value_offset);
    if (text.starts_with('{') || text.starts_with('[')) {
        argument_node* node = &given;
        spot here = root;
        for (std::string_view const name : parts_of(parts.key, '.')) {
            if (node->value)
                break;
            here = here.member(name);
            node = &node->member(name);
        }
        here.given = node;
        return complete_in_braces(to_, here, parts.key, *node, current, parts.value_offset);
    }
    begin_value(current, parts.value_offset);
    schema_type const what = walk(root, parts.key).what;
    if (what)
        to_.add_values(what, parts.exact ? '"' : to_.result.quote);
    if (!parts.exact)
        to_.result.source = source_of(to_.command, parts.key, what);
}

completion complete(std::string_view line, schema const& known, std::vector<std::string> const& meta_commands,
                    bool in_transaction, lexer const* begun)
{
    return completer(known, meta_commands).complete(line, in_transaction, begun);
}

}  // namespace qmp_shell
