// Finds out what the word at the cursor is: the name of a command, of an argument, or a value.
#include "language/complete/completion.hpp"

#include "language/complete/completer.hpp"
#include "language/complete/completion_source.hpp"
#include "language/explain/help.hpp"
#include "language/job_states.hpp"
#include "language/read/command_line.hpp"
#include "language/read/typing.hpp"
#include "language/read/white_space.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <span>

namespace json = boost::json;

namespace qmp_shell {

namespace {

bool is_blank(std::string_view text)
{
    return text.find_first_not_of(white) == std::string_view::npos;
}

}  // namespace

type const* with_members(type const* what)
{
    if (what == nullptr || what->kind != kind::alternate)
        return what;
    for (kind wanted : {kind::object, kind::array})
        for (type const* each : what->alternatives)
            if (each->kind == wanted)
                return each;
    return nullptr;
}

std::string described(member const& what)
{
    return describe(*what.what) + (what.optional ? ", optional" : "") + (what.deprecated ? ", deprecated" : "") +
           (what.unstable ? ", unstable" : "");
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

completion completer::complete(std::string_view line, bool in_transaction, lexer const* begun)
{
    std::size_t const begin = std::min(line.find_first_not_of(white), line.size());
    if (begun == nullptr && line.substr(begin).starts_with(':')) {
        meta_command(line, begin + 1, in_transaction);
        return std::move(result_);
    }
    lexer reader = begun != nullptr ? *begun : lexer(in_transaction);
    ending const end = reader.feed(line);
    result_.begin = line.size();
    if (reader.ends_in_comment())
        return std::move(result_);
    std::vector<word> words = reader.take();
    word current{{}, {0, line.size()}};
    if ((reader.ends_in_word() || end != ending::complete) && !words.empty()) {
        current = std::move(words.back());
        words.pop_back();
    }
    statement(words, current, in_transaction);
    // A word that began on an earlier line and is not a value in braces: there is nothing to replace in this line.
    if (current.text.find('\n') != std::string::npos && !result_.in_braces && result_.candidates.empty()) {
        result_ = completion();
        result_.begin = line.size();
    }
    return std::move(result_);
}

void completer::begin(std::size_t column, std::string_view prefix)
{
    result_.begin = column;
    result_.prefix = prefix;
}

void completer::add(std::string text, std::string description, bool final)
{
    result_.candidates.push_back({std::move(text), std::move(description), final});
}

void completer::add_names(std::vector<std::string> const& names)
{
    for (std::string const& name : names)
        if (name.starts_with(result_.prefix))
            add(name, {}, true);
}

void completer::add_words(std::initializer_list<std::string_view> words)
{
    for (std::string_view const each : words)
        if (each.starts_with(result_.prefix))
            add(std::string(each), {}, true);
}

void completer::add_commands()
{
    for (std::string const& name : known_.command_names()) {
        if (!name.starts_with(result_.prefix))
            continue;
        command_entry const& entry = *known_.find_command(name);
        add(name, entry.deprecated ? "deprecated" : entry.unstable ? "unstable" : "", true);
    }
}

void completer::meta_command(std::string_view line, std::size_t name_begin, bool in_transaction)
{
    std::size_t const name_end = line.find_first_of(white, name_begin);
    if (name_end == std::string_view::npos) {
        begin(name_begin, line.substr(name_begin));
        add_names(meta_commands_);
        return;
    }
    std::string_view const name = line.substr(name_begin, name_end - name_begin);
    if (name == "page") {
        completion inner = completer(known_, meta_commands_).complete(line.substr(name_end), in_transaction, nullptr);
        inner.begin += name_end;
        result_ = std::move(inner);
        return;
    }
    std::size_t const last = line.find_last_of(white) + 1;
    begin(last, line.substr(last));
    if ((name == "wait" || name == "wait-event") && result_.prefix.starts_with('-'))
        return add("--timeout", "SECONDS: how long to wait at most", true);
    if (name == "wait-event")
        return awaited_event(line, name_end);
    meta_argument(name, is_blank(line.substr(name_end, last - name_end)));
}

void completer::awaited_event(std::string_view line, std::size_t name_end)
{
    std::string padded(name_end, ' ');  // so that columns are those of the line
    lexer reader;
    reader.feed(padded.append(line.substr(name_end)));
    std::vector<word> words = reader.take();
    word current{{}, {0, line.size()}};
    if (reader.ends_in_word() && !words.empty()) {
        current = std::move(words.back());
        words.pop_back();
    }
    if (words.empty())
        return add_names(known_.event_names());
    event_entry const* const entry = known_.find_event(words.front().text);
    if (entry != nullptr)
        arguments(words.front().text, entry->data, std::span<word const>(words).subspan(1), current);
}

void completer::meta_argument(std::string_view name, bool first)
{
    if (name == "events") {
        if (result_.prefix.starts_with('!'))
            begin(result_.begin + 1, std::string(result_.prefix, 1));
        else if (first)
            add_words({"off", "on"});
        add_names(known_.event_names());
    } else if (name == "help" && result_.prefix.starts_with(':') && first) {
        begin(result_.begin + 1, std::string(result_.prefix, 1));
        add_names(meta_commands_);
    } else if ((name == "help" || name == "schema") && first) {
        add_commands();
        add_names(known_.event_names());
    } else if (name == "wait" && first) {
        result_.wish = live::job_id;
    } else if (name == "wait") {
        add_names({job_states.begin(), job_states.end()});
    } else if ((name == "trace" || name == "pretty") && first) {
        add_words({"off", "on"});
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
        command_entry const* entry = known_.find_command("transaction");
        arguments("transaction", entry != nullptr ? entry->arguments : nullptr, rest, current);
    } else if (inside) {
        action(rest, current);
    } else {
        command(rest, current);
    }
}

void completer::action(std::span<word const> words, word const& current)
{
    type const* const known = action_type(&known_);
    if (words.empty() && is_structured(current))
        return raw_action(known, current);
    if (!words.empty())
        return arguments(words.front().text, data_type(known, words.front().text), words.subspan(1), current);
    begin(current.where.column, current.text);
    if (known == nullptr)
        return;
    for (member const& each : known->members)
        if (each.name == known->discriminator && each.what->kind == kind::enumeration)
            add_names(each.what->values);
}

void completer::command(std::span<word const> words, word const& current)
{
    if (!words.empty() && takes_file(words.back().text))
        return file_to_open(current);
    if (words.empty() && is_structured(current))
        return raw_command(current);
    while (!words.empty() && words.front().text.starts_with("--"))
        words = words.subspan(takes_file(words.front().text) ? std::min<std::size_t>(2, words.size()) : 1);
    if (!words.empty() && words.front().text != "help") {
        command_entry const* entry = known_.find_command(words.front().text);
        return arguments(words.front().text, entry != nullptr ? entry->arguments : nullptr, words.subspan(1), current);
    }
    begin(current.where.column, current.text);
    if (current.text.starts_with('-'))
        return options();
    if (words.size() > 1) {  // help blockdev-add driver=qcow2
        command_entry const* entry = known_.find_command(words[1].text);
        if (entry != nullptr)
            arguments(words[1].text, entry->arguments, words.subspan(2), current);
        return;
    }
    if (!words.empty() && current.text.starts_with(':')) {  // help :wait
        begin(current.where.column + 1, std::string_view(current.text).substr(1));
        return add_names(meta_commands_);
    }
    add_commands();
    if (!words.empty())
        return add_names(known_.event_names());
    add_words({"exit", "help"});
    if (!current.text.empty())
        add_words({transaction_opening});
}

void completer::options()
{
    for (auto const& [text, description] : {std::pair("--fd", "NAME=PATH: an open file travels with the command"),
                                            std::pair("--fd:ro", "NAME=PATH: the same, open for reading"),
                                            std::pair("--fd:rw", "NAME=PATH: the same, open for both"),
                                            std::pair("--fd:wo", "NAME=PATH: the same, open for writing"),
                                            std::pair("--oob", "out of band: before all that waits")})
        if (std::string_view(text).starts_with(result_.prefix))
            add(text, description, true);
}

void completer::arguments(std::string_view name, type const* what, std::span<word const> words, word const& current)
{
    command_ = name;
    if (!words.empty() && takes_file(words.back().text))
        return file_to_open(current);
    begin(current.where.column, current.text);
    if (current.text.starts_with('-'))
        return options();
    argument_node given;
    read_arguments(words, what, given);
    if (words_without_options(words) == 0 && is_structured(current))
        return in_braces({what, &given}, {}, given, current, 0);
    spot const root{what, &given};
    if (std::optional<argument> const parts = split(current))
        value(root, given, *parts, current);
    else
        key(root, current);
}

std::size_t completer::words_without_options(std::span<word const> words)
{
    std::size_t result = 0;
    for (std::size_t index = 0; index < words.size(); ++index) {
        bool const option = words[index].text.starts_with("--");
        result += option ? 0 : 1;
        index += takes_file(words[index].text) ? 1 : 0;
    }
    return result;
}

void completer::file_to_open(word const& current)
{
    begin(current.where.column, current.text);
    std::size_t const equals = current.text.find('=');
    if (equals == std::string::npos)
        return;
    begin_value(current, equals + 1);
    result_.wish = live::file;
}

void completer::begin_value(word const& current, std::size_t offset)
{
    std::string_view text = std::string_view(current.text).substr(offset);
    result_.begin = current.at(offset).column;
    if (text.starts_with('"') || text.starts_with('\'')) {
        result_.quote = text.front();
        text.remove_prefix(1);
    }
    result_.prefix = text;
}

void completer::read_arguments(std::span<word const> words, type const* what, argument_node& given)
{
    for (word const& each : words) {
        bool const good = !each.text.starts_with("--") && !add_argument(given, each);
        argument_node alone;
        if (!good || add_argument(alone, each))
            continue;
        auto typed = type_arguments(alone, what);
        if (auto* members = std::get_if<json::object>(&typed); members != nullptr)
            for (auto& member : *members)
                result_.arguments.insert_or_assign(member.key(), std::move(member.value()));
    }
}

spot completer::walk(spot from, std::string_view path)
{
    while (!path.empty()) {
        std::size_t const dot = path.find('.');
        from = from.member(path.substr(0, dot));
        path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    }
    return from;
}

void completer::key(spot const& root, word const& current)
{
    std::string_view const text = current.text;
    if (text.find_first_of("\"'{[") != std::string_view::npos)
        return;
    std::size_t const dot = text.rfind('.');
    std::size_t const last = dot == std::string_view::npos ? 0 : dot + 1;
    begin(current.where.column + last, text.substr(last));
    spot const here = walk(root, text.substr(0, last));
    type const* const what = with_members(here.what);
    if (what != nullptr && what->kind == kind::object)
        members(*what, *here.given);
    if (what != nullptr && what->kind == kind::array)
        member_keys(std::to_string(here.given->members.size()), *what->element, describe(*what->element), nullptr);
    if (command_ == "device_add" && last == 0 && result_.arguments.contains("driver"))
        result_.wish = live::device_property;
}

void completer::members(type const& what, argument_node const& given)
{
    std::set<std::string_view> seen;
    for (bool const optional : {false, true}) {
        for (member const& each : what.members) {
            argument_node const* had = given.find(each.name);
            if (each.optional != optional || !each.name.starts_with(result_.prefix) || (had != nullptr && had->value) ||
                !exists(each, given) || (closed_transaction_ && each.name == "actions") || !seen.insert(each.name).second)
                continue;
            member_keys(each.name, *each.what, described(each), had);
        }
    }
}

void completer::member_keys(std::string const& name, type const& what, std::string const& description, argument_node const* had)
{
    type const* const inner = with_members(&what);
    bool const has_members = inner != nullptr && inner->kind == kind::object;
    if ((what.kind != kind::object || !has_members) && had == nullptr)
        add(name + '=', description, false);
    if (has_members || had != nullptr)
        add(name + '.', description, false);
}

void completer::value(spot const& root, argument_node& given, argument const& parts, word const& current)
{
    std::string_view const text = std::string_view(current.text).substr(parts.value_offset);
    if (text.starts_with('{') || text.starts_with('[')) {
        argument_node* node = &given;
        spot here = root;
        for (std::string_view rest = parts.key; !rest.empty() && !node->value;) {
            std::size_t const dot = rest.find('.');
            here = here.member(rest.substr(0, dot));
            node = &node->member(rest.substr(0, dot));
            rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
        }
        here.given = node;
        return in_braces(here, parts.key, *node, current, parts.value_offset);
    }
    begin_value(current, parts.value_offset);
    type const* const what = walk(root, parts.key).what;
    if (what != nullptr)
        add_values(*what, parts.exact ? '"' : result_.quote);
    if (!parts.exact)
        result_.wish = live_wish(command_, parts.key, what);
}

void completer::add_values(type const& what, char quote)
{
    if (what.kind == kind::enumeration)
        for (std::string const& each : what.values)
            if (each.starts_with(result_.prefix))
                add(quoted(each, quote), {}, true);
    if (what.kind == kind::boolean && result_.quote == '\0')
        add_words({"true", "false"});
    if (what.kind == kind::null && result_.quote == '\0')
        add_words({"null"});
    if (what.kind == kind::alternate)
        for (type const* each : what.alternatives)
            if (each->kind != kind::alternate)
                add_values(*each, quote);
}

completion complete(std::string_view line, schema const& known, std::vector<std::string> const& meta_commands,
                    bool in_transaction, lexer const* begun)
{
    return completer(known, meta_commands).complete(line, in_transaction, begun);
}

std::string quoted(std::string_view text, char quote)
{
    constexpr std::string_view special = " \t\r\n\"'#;()";
    bool const plain =
        !text.empty() && text.find_first_of(special) == std::string_view::npos && text.front() != '{' && text.front() != '[';
    if (quote == '\0' && plain)
        return std::string(text);
    if (quote == '\0')
        quote = '"';
    std::string result(1, quote);
    for (char const each : text) {
        if (each == quote || each == '\\')
            result += '\\';
        if (each == '\n')
            result += "\\n";
        else if (each == '\r')
            result += "\\r";
        else
            result += each;
    }
    return result + quote;
}

}  // namespace qmp_shell
