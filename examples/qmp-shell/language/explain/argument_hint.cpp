#include "language/explain/argument_hint.hpp"

#include "language/members.hpp"
#include "language/words.hpp"

#include <coqmp/similar_names.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace json = boost::json;

namespace qmp_shell {

using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;
using coqmp::similar_names;

namespace {

/// What stands between `before` and `after`, which are the whole text. @return empty: they are not
std::string_view between(std::string_view text, std::string_view before, std::string_view after)
{
    if (text.size() < before.size() + after.size() || !text.starts_with(before) || !text.ends_with(after))
        return {};
    return text.substr(before.size(), text.size() - before.size() - after.size());
}

/// An object of the arguments, and what the schema says of it.
struct level
{
    json::value const* given = nullptr;
    schema_type what;
};

/// Whether a member can be there, by the discriminators that were given.
bool may_exist(schema_member const& each, json::object const& given)
{
    json::value const* const chosen = each.when() ? given.if_contains(each.when()->tag) : nullptr;
    return chosen == nullptr || (chosen->is_string() && chosen->get_string() == each.when()->value);
}

/// An object's members that can be there. @return none: it is not an object, or its type is unknown
std::vector<schema_member> members_of(level where)
{
    std::vector<schema_member> result;
    schema_type const what = where.what.as(schema_kind::object);
    json::object const* const given = where.given != nullptr ? where.given->if_object() : nullptr;
    if (what && given != nullptr)
        for (schema_member const& each : what.all_members())
            if (may_exist(each, *given))
                result.push_back(each);
    return result;
}

level member_of(level from, std::string_view name)
{
    for (schema_member const& each : members_of(from))
        if (each.name() == name)
            return {from.given->get_object().if_contains(name), each.type()};
    return {};
}

/// An item of an array, or a member of an object.
level below(level from, std::string_view name)
{
    json::array const* const items = from.given != nullptr ? from.given->if_array() : nullptr;
    schema_type const what = from.what.as(schema_kind::array);
    if (items == nullptr || !what)
        return member_of(from, name);
    std::size_t index = 0;
    std::from_chars(name.data(), name.data() + name.size(), index);
    return index < items->size() ? level{&(*items)[index], what.element()} : level();
}

/// Walks along `a.b[0].`, as QEMU writes it.
level walk(level from, std::string path)
{
    std::erase(path, ']');
    std::replace(path.begin(), path.end(), '[', '.');
    for (std::string_view const name : parts_of(path, '.'))
        from = below(from, name);
    return from;
}

/// Names that could stand in this object and do not, with the discriminators that were given.
std::vector<std::string> free_names(level where)
{
    std::vector<std::string> result;
    for (schema_member const& each : members_of(where))
        if (!where.given->get_object().contains(each.name()))
            result.emplace_back(each.name());
    return result;
}

bool knows(schema_type const& what, std::string_view name)
{
    auto const members = what.all_members();
    return std::any_of(members.begin(), members.end(), [name](schema_member const& each) { return each.name() == name; });
}

/// The argument that stands where `missing` should: unknown to the schema, and like it.
std::string_view mistyped_instead_of(level where, std::string const& missing)
{
    schema_type const what = where.what.as(schema_kind::object);
    json::object const* const given = where.given != nullptr ? where.given->if_object() : nullptr;
    if (!what || given == nullptr)
        return {};
    for (auto const& each : *given) {
        std::string_view const name(each.key().data(), each.key().size());
        if (!knows(what, name) && !similar_names(name, {missing}).empty())
            return name;
    }
    return {};
}

argument_hint hint(typed_command const& said, std::string name, std::vector<std::string> suggestions)
{
    std::optional<place> const where = said.places.find(name);
    return {std::move(name), std::move(suggestions), where, {}};
}

/// A value that was typed, by its path as QEMU writes it; not a text: empty.
struct typed_text
{
    std::string path;
    std::string_view text;
};

/// With more values than this it is unclear which one is meant. Each value has its path, which needs a bound as well.
constexpr std::size_t most_texts = 1000;
constexpr std::size_t longest_path = 1000;

void collect_texts(json::value const& from, std::string const& path, std::vector<typed_text>& to)
{
    if (to.size() > most_texts || path.size() > longest_path)
        return;
    if (json::object const* const members = from.if_object()) {
        for (auto const& each : *members)
            collect_texts(each.value(), path + (path.empty() ? "" : ".") + std::string(each.key()), to);
    } else if (json::array const* const items = from.if_array()) {
        for (std::size_t index = 0; index < items->size(); ++index)
            collect_texts((*items)[index], path + '[' + std::to_string(index) + ']', to);
    } else {
        to.push_back({path, from.is_string() ? std::string_view(from.get_string()) : std::string_view()});
    }
}

/// What a text quotes: `'a'`, `"a"`, `=a`; but not after the apostrophe of `Can't`.
std::vector<std::string_view> quoted_in(std::string_view text)
{
    std::vector<std::string_view> result;
    for (std::size_t index = 0; index < text.size(); ++index) {
        char const mark = text[index];
        bool const quote = (mark == '\'' || mark == '"') &&
                           (index == 0 || std::string_view(" =(").find(text[index - 1]) != std::string_view::npos);
        bool const equals = mark == '=' && text.substr(index + 1).find_first_of("'\"") != 0;
        if (!quote && !equals)
            continue;
        std::size_t const end = std::min(quote ? text.find(mark, index + 1) : text.find_first_of(" ,;)", index), text.size());
        if (end > index + 1)
            result.push_back(text.substr(index + 1, end - index - 1));
        index = end;
    }
    return result;
}

/// The argument that a refusal names at its beginning: `Invalid parameter type for 'size', expected: ...`
std::string_view subject_of(std::string_view text)
{
    for (std::string_view const before : {"Parameter '", "Invalid parameter '", "Invalid parameter type for '"}) {
        if (text.starts_with(before)) {
            text.remove_prefix(before.size());
            std::size_t const end = text.find('\'');
            return end != std::string_view::npos ? text.substr(0, end) : std::string_view();
        }
    }
    return {};
}

/// The rest of a refusal, after that argument or after a name that is not at fault: `Failed to add chardev 'c': Could not open
/// '/nowhere'`
std::string_view reason_in(std::string_view text)
{
    std::string_view const subject = subject_of(text);
    if (!subject.empty())
        return text.substr(static_cast<std::size_t>(subject.data() - text.data()) + subject.size() + 1);
    constexpr std::string_view end = "': ";
    std::size_t const found = text.starts_with("Failed to add chardev '") ? text.find(end) : std::string_view::npos;
    return found != std::string_view::npos ? text.substr(found + end.size()) : text;
}

/// Words that could stand there instead, if this one is none of them.
std::vector<std::string> other_words(schema_type const& what, std::string_view text)
{
    schema_type const words = what.as(schema_kind::enumeration);
    return words && !words.has_value(text) ? similar_names(text, words.values()) : std::vector<std::string>();
}

constexpr std::string_view property_begins = "Property '";
constexpr std::string_view property_ends = "' not found";

}  // namespace

std::optional<argument_hint> hint_at_argument(typed_command const& said, schema_type const& arguments,
                                              std::string_view description)
{
    std::string_view const unexpected = between(description, "Parameter '", "' is unexpected");
    std::string_view const missing = between(description, "Parameter '", "' is missing");
    std::string_view const path = unexpected.empty() ? missing : unexpected;
    if (path.empty() || !arguments)
        return std::nullopt;
    std::size_t const last = path.rfind('.') + 1;  // npos + 1 is 0
    json::value const all(said.arguments);
    level const where = walk({&all, arguments}, std::string(path.substr(0, last)));
    std::string const name(path.substr(last));
    if (!unexpected.empty())
        return hint(said, std::string(path), similar_names(name, free_names(where)));
    std::string_view const mistyped = mistyped_instead_of(where, name);
    if (mistyped.empty()) {
        std::optional<place> const enclosing = said.places.find_enclosing(path);
        return enclosing ? std::optional(argument_hint{std::string(path), {}, enclosing, {}}) : std::nullopt;
    }
    return hint(said, std::string(path.substr(0, last)).append(mistyped), {name});
}

std::optional<argument_hint> hint_at_value(typed_command const& said, schema_type const& arguments, std::string_view description)
{
    json::value const all(said.arguments);
    std::vector<typed_text> texts;
    collect_texts(all, {}, texts);
    if (texts.size() > most_texts)
        return std::nullopt;
    std::string_view const subject = subject_of(description);
    if (said.name == "qom-set" && !subject.empty() && subject == text_in(said.arguments, "property"))
        return hint(said, "value", {});
    std::vector<std::string_view> const quoted = quoted_in(reason_in(description));
    auto const is_quoted = [&quoted](std::string_view text) {
        return std::find(quoted.begin(), quoted.end(), text) != quoted.end();
    };
    std::vector<typed_text> meant;
    std::copy_if(texts.begin(), texts.end(), std::back_inserter(meant),
                 [&](typed_text const& each) { return is_quoted(each.text); });
    if (meant.empty())
        std::copy_if(texts.begin(), texts.end(), std::back_inserter(meant),
                     [&](typed_text const& each) { return each.path == subject || is_quoted(each.path); });
    if (meant.size() != 1)
        return std::nullopt;
    typed_text const& found = meant.front();
    argument_hint result = hint(said, found.path, other_words(walk({&all, arguments}, found.path).what, found.text));
    result.value = found.text;
    if (texts.size() == 1)
        result.where.reset();
    return result;
}

bool is_unknown_property(std::string_view description)
{
    return !between(description, property_begins, property_ends).empty();
}

std::optional<argument_hint> hint_at_property(typed_command const& said, json::value const& properties,
                                              std::string_view description)
{
    std::string_view const path = between(description, property_begins, property_ends);
    std::string_view const name = path.substr(path.find('.') + 1);  // npos + 1 is 0
    json::array const* const items = properties.if_array();
    if (path.empty() || items == nullptr)
        return std::nullopt;
    std::vector<std::string> names{"driver", "bus", "id"};  // device_add's own
    for (json::value const& property : *items)
        if (std::string_view const each = text_in(property, "name"); !each.empty())
            names.emplace_back(each);
    return hint(said, std::string(name), similar_names(name, names));
}

}  // namespace qmp_shell
