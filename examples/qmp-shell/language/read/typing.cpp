// Looks at the type that is wanted first, and only then at what the value looks like: `id=007` is a text if a text is wanted.
#include "language/read/typing.hpp"

#include "language/explain/similar.hpp"
#include "language/read/integer.hpp"
#include "language/read/literal.hpp"
#include "language/read/unicode.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <variant>

namespace json = boost::json;

namespace qmp_shell {

namespace {

bool is_word_of(type const& what, std::string_view text)
{
    return std::find(what.values.begin(), what.values.end(), text) != what.values.end();
}

/// `one of a, b, c`, and the word that may have been meant. Of a long list only what is like the wrong word is of use.
std::string one_of(std::vector<std::string> const& values, std::string_view wrong)
{
    constexpr std::size_t most = 8;
    std::string const suggestion = did_you_mean(similar_to(wrong, values));
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
std::string wanted_words(kind what, std::string_view text)
{
    if (what == kind::integer)
        return wanted_integer(text);
    static std::map<kind, std::string> const words = {
        {kind::number, "a number"},
        {kind::boolean, "true or false"},
        {kind::null, "null"},
        {kind::array, "an array: write [VALUE, ...], or name.0=VALUE name.1=VALUE"},
        {kind::object, "an object: write {\"name\": VALUE, ...}, or name.member=VALUE"},
        {kind::alternate, "another kind of value"}};
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
std::optional<json::value> read_simple(kind wanted, std::string_view text)
{
    if (wanted == kind::integer) {
        auto read = read_integer(text);
        if (auto* const good = std::get_if<json::value>(&read))
            return std::move(*good);
    } else if (wanted == kind::boolean) {
        if (std::optional<bool> const truth = read_boolean(text))
            return *truth;
    } else if (wanted == kind::null && (text == "null" || text == "None")) {
        return nullptr;
    } else if (wanted == kind::number && is_number(text)) {
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

    json::object object(argument_node const& given, type const* what)
    {
        bool const known = what != nullptr && what->kind == kind::object;
        json::object result;
        result.reserve(given.members.size());
        for (auto const& [name, node] : given.members) {
            member const* found = known ? find_member(*what, name, given) : nullptr;
            result[name] = value(*node, found != nullptr ? found->what : nullptr);
        }
        return result;
    }

private:
    [[noreturn]] static void refuse(argument_node const& node, std::string const& wanted)
    {
        throw mistake{node.value ? node.value->text.where : node.where, '`' + abbreviated(node.path()) + "` wants " + wanted};
    }

    json::value value(argument_node const& node, type const* what)
    {
        if (node.value)
            return leaf(node, what);
        kind wanted = what != nullptr ? what->kind : kind::any;
        if (wanted == kind::alternate) {
            type const* as_array = find_alternative(*what, kind::array);
            type const* as_object = find_alternative(*what, kind::object);
            what = as_array != nullptr && (as_object == nullptr || are_indices(node)) ? as_array : as_object;
            wanted = what != nullptr ? what->kind : kind::alternate;
        }
        if (wanted == kind::array || (wanted == kind::any && are_indices(node)))
            return array(node, wanted == kind::array ? what->element : nullptr);
        if (wanted != kind::object && wanted != kind::any)
            refuse(node, "one value, not members");
        return object(node, what);
    }

    json::array array(argument_node const& node, type const* element)
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

    json::value leaf(argument_node const& node, type const* what)
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
    static bool is_text_only(type const* what)
    {
        if (what == nullptr)
            return false;
        if (what->kind != kind::alternate)
            return what->kind == kind::string;
        return find_alternative(*what, kind::string) != nullptr && find_alternative(*what, kind::object) == nullptr &&
               find_alternative(*what, kind::array) == nullptr;
    }

    static json::value literal(word const& text, notation allowed)
    try {
        return read_literal(text.text, allowed);
    } catch (literal_error& error) {
        throw mistake{text.at(error.offset), std::move(error.message)};
    }

    json::value bare(argument_node const& node, type const* what, std::string const& text)
    {
        switch (what != nullptr ? what->kind : kind::any) {
            case kind::any:
                return guessed_value(node, text);
            case kind::enumeration:
                if (!is_word_of(*what, text))
                    refuse(node, one_of(what->values, text));
                [[fallthrough]];
            case kind::string:
                return json::value(text);
            case kind::alternate:
                return alternate(node, *what, text);
            default:
                break;
        }
        std::optional<json::value> result = read_simple(what->kind, text);
        if (!result)
            refuse(node, wanted_words(what->kind, text));
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
    static json::value alternate(argument_node const& node, type const& what, std::string const& text)
    {
        type const* words = find_alternative(what, kind::enumeration);
        bool const takes_text = find_alternative(what, kind::string) != nullptr;
        if (words != nullptr && is_word_of(*words, text))
            return json::value(text);
        for (kind each : {kind::null, kind::boolean, kind::integer, kind::number}) {
            // Of `on`, `5` and the like a text is as likely to be meant: only what JSON spells so is not a text.
            bool const clear = !takes_text || each == kind::null || text == "true" || text == "false" || is_number(text);
            if (find_alternative(what, each) != nullptr && clear)
                if (std::optional<json::value> result = read_simple(each, text))
                    return *std::move(result);
        }
        if (takes_text)
            return json::value(text);
        if (words != nullptr)
            refuse(node, "another kind of value, or " + one_of(words->values, text));
        type const* first = what.alternatives.empty() ? nullptr : what.alternatives.front();
        refuse(node, wanted_words(first != nullptr ? first->kind : kind::any, text));
    }

    guessed_words* guessed_;
};

}  // namespace

bool exists(member const& each, argument_node const& given)
{
    return !each.when || text_of(given.find(each.when->first)).value_or("") == each.when->second;
}

member const* find_member(type const& object, std::string_view name, argument_node const& given)
{
    member const* possible = nullptr;
    bool unlike = false;
    for (member const& each : object.members) {
        if (each.name != name)
            continue;
        if (exists(each, given))
            return &each;
        // Without a discriminator the variant is unknown; if the member is of one kind in all of them, that is enough.
        if (given.find(each.when->first) != nullptr)
            continue;
        unlike = unlike || (possible != nullptr && possible->what->kind != each.what->kind);
        possible = &each;
    }
    return unlike ? nullptr : possible;
}

json::object type_arguments(argument_node const& given, type const* what, guessed_words* guessed)
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
