#include "language/read/wait_line.hpp"

#include "language/read/typing.hpp"
#include "language/read/unicode.hpp"
#include "language/read/unprintable.hpp"
#include "language/words.hpp"

#include <coqmp/similar_names.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

using coqmp::did_you_mean;
using coqmp::schema;
using coqmp::schema_member;
using coqmp::schema_type;
using coqmp::similar_names;

namespace {

constexpr std::string_view option = "--timeout";

std::optional<std::chrono::milliseconds> read_seconds(std::string_view text)
{
    constexpr double most = 1e6;
    double seconds = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    bool const good = error == std::errc() && end == text.data() + text.size() && seconds >= 0 && seconds <= most;
    return good ? std::optional(std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(seconds * 1000)))
                : std::nullopt;
}

bool holds(json::value const& there, json::value const& wanted)
{
    json::object const* const members = wanted.if_object();
    if (members == nullptr)
        return there == wanted;
    json::object const* const all = there.if_object();
    return all != nullptr && std::all_of(members->begin(), members->end(), [all](auto const& each) {
               json::value const* const found = all->if_contains(each.key());
               return found != nullptr && holds(*found, each.value());
           });
}

/// What the data of the events that match may have.
std::vector<std::string> members_of(std::string const& pattern, schema const& known)
{
    std::vector<std::string> result;
    for (coqmp::schema_event const& event : known.events())
        if (matches(pattern, std::string(event.name())))
            for (schema_member const& each : event.data().all_members())
                result.emplace_back(each.name());
    return result;
}

std::string no_member(std::string const& pattern, std::string const& name, std::vector<std::string> const& names)
{
    return abbreviated(pattern) + " has no `" + abbreviated(name) + '`' + suggestion(similar_names(name, names)) +
           hint_at_limit(name + '=');
}

/// A wait for what never comes would be a long one.
void check_members(argument_node const& given, std::string const& pattern, schema const& known)
{
    if (known.empty())
        return;
    std::vector<std::string> const names = members_of(pattern, known);
    for (auto const& [name, node] : given.members) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            throw mistake{node->where, no_member(pattern, name, names)};
    }
}

/// Whether a word means an event rather than an argument without its value.
bool names_event(std::string const& text, schema const& known)
{
    bool const may = text.find_first_of("=\"'{[") == std::string::npos;
    bool const upper = std::none_of(text.begin(), text.end(), [](char each) { return each >= 'a' && each <= 'z'; });
    return may && (upper || (!known.empty() && refuse_pattern(text, known).empty()));
}

}  // namespace

std::string hint_at_limit(std::string_view word)
{
    return word.starts_with("timeout=") ? ": a limit is written --timeout SECONDS" : "";
}

std::string refuse_pattern(std::string const& pattern, schema const& known)
{
    std::vector<std::string> const names = known.event_names();
    bool const possible =
        known.empty() || std::any_of(names.begin(), names.end(), [&](std::string const& each) { return matches(pattern, each); });
    return possible ? std::string() : "no event matches " + abbreviated(pattern) + suggestion(similar_names(pattern, names));
}

wait_line read_wait_line(std::string_view text)
{
    lexer reader;
    ending const end = reader.feed(text);
    if (end == ending::open_quote)
        throw mistake{reader.open_quote(), "the quote that begins here is not closed"};
    if (end == ending::open_brace)
        throw mistake{reader.words().back().where, "a brace is open here"};
    wait_line result;
    std::vector<word> const words = reader.take();
    for (auto each = words.begin(); each != words.end(); ++each) {
        check_printable(*each);
        std::string_view const said = each->text;
        if (!said.starts_with("--")) {
            result.words.push_back(*each);
            continue;
        }
        bool const attached = said.starts_with(option) && said.substr(option.size()).starts_with('=');
        if (said != option && !attached)
            throw mistake{each->where, "there is no option " + abbreviated(each->text) + ": only --timeout SECONDS"};
        word const last = *each;
        if (!attached && ++each == words.end())
            throw mistake{last.where, "--timeout needs a number of seconds"};
        result.limit = read_seconds(attached ? said.substr(option.size() + 1) : std::string_view(each->text));
        if (!result.limit)
            throw mistake{each->where, "--timeout takes a number of seconds, up to 1,000,000"};
    }
    return result;
}

bool wanted_event::fits(coqmp::event const& what) const
{
    return matches(pattern, what.name) && holds(what.data, members);
}

wanted_event read_wanted_event(std::span<word const> words, schema const& known)
{
    std::string const& pattern = words.front().text;
    // A wait for what never comes would be a long one.
    if (std::string refusal = refuse_pattern(pattern, known); !refusal.empty())
        throw mistake{words.front().where, std::move(refusal)};
    argument_node given;
    for (word const& each : words.subspan(1)) {
        if (names_event(each.text, known))
            throw mistake{each.where,
                          "one event or pattern is waited for, and `" + abbreviated(each.text) + "` would be a second"};
        add_argument(given, each);
    }
    check_members(given, pattern, known);
    auto const entry = known.find_event(pattern);
    return {pattern, type_arguments(given, entry ? entry->data() : schema_type())};
}

}  // namespace qmp_shell
