// Looks at the type that is wanted first, and only then at what the value looks like: `id=007` is a text if a text is wanted.
#include "language/read/typing.hpp"

#include "language/read/integer.hpp"
#include "language/read/literal.hpp"
#include "language/read/unicode.hpp"

#include <coqmp/similar_names.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <variant>

namespace json = boost::json;

namespace qmp_shell {

using coqmp::did_you_mean;
using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;
using coqmp::similar_names;

namespace {

bool is_word_of(schema_type const& what, std::string_view text)
{
    return what.has_value(text);
}

/// `one of a, b, c`, and the word that may have been meant. Of a long list only what is like the wrong word is of use.
std::string one_of(std::vector<std::string> const& values, std::string_view wrong)
{
    constexpr std::size_t most = 8;
    std::string const suggestion = did_you_mean(similar_names(wrong, values));
    if (values.size() > most && !suggestion.empty())
        return "one of " + std::to_string(values.size()) + " words, and this is not one of them: " + suggestion;
    std::string result;
    for (std::size_t index = 0; index < std::min(most, values.size()); ++index)
        result.append(index == 0 ? "one of " : ", ").append(values[index]);
    if (values.size() > most)
        result += " and " + std::to_string(values.size() - most) + " more words (Tab lists them)";
    return suggestion.empty() ? result : result + ": " + suggestion;
}

/// What is wanted instead of a text that is none of it.
std::string wanted_words(schema_kind what, std::string_view text)
{
    if (what == schema_kind::integer)
        return wanted_integer(text);
    static std::map<schema_kind, std::string> const words = {
        {schema_kind::number, "a number"},
        {schema_kind::boolean, "true or false"},
        {schema_kind::null, "null"},
        {schema_kind::array, "an array: write [VALUE, ...], or name.0=VALUE name.1=VALUE"},
        {schema_kind::object, "an object: write {\"name\": VALUE, ...}, or name.member=VALUE"},
        {schema_kind::alternate, "another kind of value"}};
    auto const found = words.find(what);
    return found != words.end() ? found->second : "a value";
}

/// An index of an array, written as QEMU does: no leading zeros.
std::optional<std::size_t> read_index(std::string_view text)
{
    std::size_t result = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    bool const whole = error == std::errc() && end == text.data() + text.size();
    return whole && (text == "0" || !text.starts_with('0')) ? std::optional(result) : std::nullopt;
}

bool are_indices(argument_node const& given)
{
    return std::all_of(given.members.begin(), given.members.end(), [&](auto const& each) {
        std::optional<std::size_t> const index = read_index(each.first);
        return index && *index < given.members.size();
    });
}

/// What a bare word looks like: a number, true, false, null, else a text. @throws literal_error
json::value guess(std::string_view text)
{
    if (text == "true" || text == "True" || text == "TRUE")
        return true;
    if (text == "false" || text == "False" || text == "FALSE")
        return false;
    if (text == "null" || text == "None")
        return nullptr;
    return is_number(text) ? read_number(text) : json::value(json::string_view(text));
}

/// @return nothing: the text is not of that kind
std::optional<json::value> read_simple(schema_kind wanted, std::string_view text)
{
    if (wanted == schema_kind::integer) {
        auto read = read_integer(text);
        if (auto* const good = std::get_if<json::value>(&read))
            return std::move(*good);
    } else if (wanted == schema_kind::boolean) {
        if (std::optional<bool> const truth = read_boolean(text))
            return *truth;
    } else if (wanted == schema_kind::null && (text == "null" || text == "None")) {
        return nullptr;
    } else if (wanted == schema_kind::number && is_number(text)) {
        try {
            return read_number(text);
        } catch (literal_error const&) {  // too large
            return std::nullopt;
        }
    }
    return std::nullopt;
}

class typer
{
public:
    explicit typer(guessed_words* guessed) : guessed_(guessed) {}

    json::object object(argument_node const& given, schema_type const& what)
    {
        json::object result;
        result.reserve(given.members.size());
        for (auto const& [name, node] : given.members) {
            auto const found = find_member(what, name, given);
            result[name] = value(*node, found ? found->type() : schema_type());
        }
        return result;
    }

private:
    [[noreturn]] static void refuse(argument_node const& node, std::string const& wanted)
    {
        throw mistake{node.value ? node.value->text.where : node.where, '`' + abbreviated(node.path()) + "` wants " + wanted};
    }

    json::value value(argument_node const& node, schema_type what)
    {
        if (node.value)
            return leaf(node, what);
        schema_kind wanted = what.kind();
        if (wanted == schema_kind::alternate) {
            schema_type const as_array = what.as(schema_kind::array);
            schema_type const as_object = what.as(schema_kind::object);
            what = as_array && (!as_object || are_indices(node)) ? as_array : as_object;
            wanted = what ? what.kind() : schema_kind::alternate;
        }
        if (wanted == schema_kind::array || (wanted == schema_kind::any && are_indices(node)))
            return array(node, what.element());
        if (wanted != schema_kind::object && wanted != schema_kind::any)
            refuse(node, "one value, not members");
        return object(node, what);
    }

    json::array array(argument_node const& node, schema_type const& element)
    {
        json::array items(node.members.size());
        for (auto const& [name, item] : node.members) {
            std::optional<std::size_t> const index = read_index(name);
            if (!index || *index >= items.size())
                throw mistake{item->where, '`' + abbreviated(item->path()) + "` is not an item of `" + abbreviated(node.path()) +
                                               "`: the items of an array are numbered from 0, without gaps"};
        }
        for (auto const& [name, item] : node.members)
            items[*read_index(name)] = value(*item, element);
        return items;
    }

    json::value leaf(argument_node const& node, schema_type const& what)
    {
        typed_value const& given = *node.value;
        if (given.exact)
            return literal(given.text, notation::json);
        if (is_structured(given.text) && !is_text_only(what))
            return literal(given.text, notation::python);
        plain_text const plain = unquote(given.text);
        return plain.quoted ? json::value(plain.text) : bare(node, what, plain.text);
    }

    /// Whether braces are just characters: `host=[::1]`.
    static bool is_text_only(schema_type const& what)
    {
        return what.as(schema_kind::string) && !what.as(schema_kind::object) && !what.as(schema_kind::array);
    }

    static json::value literal(word const& text, notation allowed)
    try {
        return read_literal(text.text, allowed);
    } catch (literal_error& error) {
        throw mistake{text.at(error.offset), std::move(error.message)};
    }

    json::value bare(argument_node const& node, schema_type const& what, std::string const& text)
    {
        switch (what.kind()) {
            case schema_kind::any:
                return guessed_value(node, text);
            case schema_kind::enumeration:
                if (!is_word_of(what, text))
                    refuse(node, one_of(what.values(), text));
                [[fallthrough]];
            case schema_kind::string:
                return json::value(text);
            case schema_kind::alternate:
                return alternate(node, what, text);
            default:
                break;
        }
        std::optional<json::value> result = read_simple(what.kind(), text);
        if (!result)
            refuse(node, wanted_words(what.kind(), text));
        return *std::move(result);
    }

    json::value guessed_value(argument_node const& node, std::string const& text)
    try {
        json::value result = guess(text);
        if (guessed_ != nullptr && node.parent == nullptr)
            guessed_->emplace_back(node.name, text);
        return result;
    } catch (literal_error& error) {
        throw mistake{node.value->text.where, std::move(error.message)};
    }

    /// Kinds that only few words fit come first. A text takes what nothing else does.
    static json::value alternate(argument_node const& node, schema_type const& what, std::string const& text)
    {
        schema_type const words = what.as(schema_kind::enumeration);
        bool const takes_text = static_cast<bool>(what.as(schema_kind::string));
        if (words && is_word_of(words, text))
            return json::value(text);
        for (schema_kind each : {schema_kind::null, schema_kind::boolean, schema_kind::integer, schema_kind::number}) {
            // Of `on`, `5` and the like a text is as likely to be meant: only what JSON spells so is not a text.
            bool const clear = !takes_text || each == schema_kind::null || text == "true" || text == "false" || is_number(text);
            if (what.as(each) && clear)
                if (std::optional<json::value> result = read_simple(each, text))
                    return *std::move(result);
        }
        if (takes_text)
            return json::value(text);
        if (words)
            refuse(node, "another kind of value, or " + one_of(words.values(), text));
        auto const alternatives = what.alternatives();
        refuse(node, wanted_words(alternatives.empty() ? schema_kind::any : alternatives.front().kind(), text));
    }

    guessed_words* guessed_;
};

}  // namespace

bool exists(schema_member const& each, argument_node const& given)
{
    auto const when = each.when();
    return !when || text_of(given.find(when->tag)).value_or("") == when->value;
}

std::optional<schema_member> find_member(schema_type const& object, std::string_view name, argument_node const& given)
{
    std::optional<schema_member> possible;
    bool unlike = false;
    for (schema_member const& each : object.all_members()) {
        if (each.name() != name)
            continue;
        if (exists(each, given))
            return each;
        // Without a discriminator the variant is unknown; if the member is of one kind in all of them, that is enough.
        if (given.find(each.when()->tag) != nullptr)
            continue;
        unlike = unlike || (possible && possible->type().kind() != each.type().kind());
        possible = each;
    }
    return unlike ? std::nullopt : possible;
}

json::object type_arguments(argument_node const& given, schema_type const& what, guessed_words* guessed)
{
    return typer(guessed).object(given, what);
}

std::optional<bool> read_boolean(std::string_view text)
{
    for (std::string_view const yes : {"on", "yes", "true", "True", "TRUE"})
        if (text == yes)
            return true;
    for (std::string_view const no : {"off", "no", "false", "False", "FALSE"})
        if (text == no)
            return false;
    return std::nullopt;
}

}  // namespace qmp_shell
