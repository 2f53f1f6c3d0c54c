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

namespace json = boost::json;

namespace qmp_shell {

namespace {

/// The text of a member that is a plain value; a discriminator is one.
std::string text_of_member(argument_node const& given, std::string_view name)
{
    argument_node const* found = given.find(name);
    if (found == nullptr || !found->value)
        return {};
    mistake ignored;
    std::optional<plain_text> plain = unquote(found->value->text, ignored);
    return plain ? std::move(plain->text) : std::string();
}

type const* alternative_of(type const& what, kind wanted)
{
    auto const found = std::find_if(what.alternatives.begin(), what.alternatives.end(),
                                    [wanted](type const* each) { return each != nullptr && each->kind == wanted; });
    return found != what.alternatives.end() ? *found : nullptr;
}

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
        return "one of " + std::to_string(values.size()) + " words, and this is none of them: " + suggestion;
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

class typer
{
public:
    std::optional<mistake> wrong;
    guessed_words* guessed = nullptr;

    bool object(argument_node const& given, type const* what, json::object& to)
    {
        bool const known = what != nullptr && what->kind == kind::object;
        to.reserve(given.members.size());
        for (auto const& [name, node] : given.members) {
            member const* found = known ? find_member(*what, name, given) : nullptr;
            if (!value(*node, found != nullptr ? found->what : nullptr, to[name]))
                return false;
        }
        return true;
    }

private:
    bool refuse(place where, std::string message)
    {
        wrong = mistake{where, std::move(message)};
        return false;
    }

    bool refuse(argument_node const& node, std::string const& wanted)
    {
        return refuse(node.value ? node.value->text.where : node.where, '`' + abbreviated(node.path()) + "` wants " + wanted);
    }

    bool value(argument_node const& node, type const* what, json::value& to)
    {
        if (node.value)
            return leaf(node, what, to);
        kind wanted = what != nullptr ? what->kind : kind::any;
        if (wanted == kind::alternate) {
            type const* as_array = alternative_of(*what, kind::array);
            type const* as_object = alternative_of(*what, kind::object);
            what = as_array != nullptr && (as_object == nullptr || are_indices(node)) ? as_array : as_object;
            wanted = what != nullptr ? what->kind : kind::alternate;
        }
        if (wanted == kind::array || (wanted == kind::any && are_indices(node)))
            return array(node, wanted == kind::array ? what->element : nullptr, to);
        if (wanted == kind::object || wanted == kind::any)
            return object(node, what, to.emplace_object());
        return refuse(node, "one value, not members");
    }

    bool array(argument_node const& node, type const* element, json::value& to)
    {
        json::array& items = to.emplace_array();
        if (!are_indices(node)) {
            auto const bad = std::find_if(node.members.begin(), node.members.end(), [&](auto const& each) {
                std::optional<std::size_t> const index = read_index(each.first);
                return !index || *index >= node.members.size();
            });
            return refuse(bad->second->where, '`' + abbreviated(bad->second->path()) + "` is no item of `" +
                                                  abbreviated(node.path()) +
                                                  "`: the items of an array are numbered from 0, none left out");
        }
        items.resize(node.members.size());
        return std::all_of(node.members.begin(), node.members.end(),
                           [&](auto const& each) { return value(*each.second, element, items[*read_index(each.first)]); });
    }

    bool leaf(argument_node const& node, type const* what, json::value& to)
    {
        typed_value const& given = *node.value;
        if (given.exact)
            return literal(given.text, notation::json, to);
        if (is_structured(given.text) && !is_text_only(what))
            return literal(given.text, notation::python, to);
        mistake bad_quote;
        std::optional<plain_text> plain = unquote(given.text, bad_quote);
        if (!plain)
            return refuse(bad_quote.where, std::move(bad_quote.message));
        if (!plain->quoted)
            return bare(node, what, plain->text, to);
        to = plain->text;
        return true;
    }

    /// Whether braces are just characters: `host=[::1]`.
    static bool is_text_only(type const* what)
    {
        if (what == nullptr)
            return false;
        if (what->kind != kind::alternate)
            return what->kind == kind::string;
        return alternative_of(*what, kind::string) != nullptr && alternative_of(*what, kind::object) == nullptr &&
               alternative_of(*what, kind::array) == nullptr;
    }

    bool literal(word const& text, notation allowed, json::value& to)
    {
        auto result = read_literal(text.text, allowed);
        if (auto* error = std::get_if<literal_error>(&result); error != nullptr)
            return refuse(text.at(error->offset), std::move(error->message));
        to = std::move(*std::get_if<json::value>(&result));
        return true;
    }

    bool bare(argument_node const& node, type const* what, std::string const& text, json::value& to)
    {
        switch (what != nullptr ? what->kind : kind::any) {
            case kind::any:
                return guessed_value(node, text, to);
            case kind::enumeration:
                if (!is_word_of(*what, text))
                    return refuse(node, one_of(what->values, text));
                [[fallthrough]];
            case kind::string:
                to = text;
                return true;
            case kind::alternate:
                return alternate(node, *what, text, to);
            default:
                return simple(what->kind, text, to) || refuse(node, wanted_words(what->kind, text));
        }
    }

    bool guessed_value(argument_node const& node, std::string const& text, json::value& to)
    {
        auto result = guess(text);
        if (auto* message = std::get_if<std::string>(&result); message != nullptr)
            return refuse(node.value->text.where, std::move(*message));
        to = std::move(*std::get_if<json::value>(&result));
        if (guessed != nullptr && node.parent == nullptr)
            guessed->emplace_back(node.name, text);
        return true;
    }

    static bool simple(kind wanted, std::string_view text, json::value& to)
    {
        std::optional<json::value> result;
        if (wanted == kind::integer) {
            auto read = read_integer(text);
            if (auto* good = std::get_if<json::value>(&read); good != nullptr)
                result = std::move(*good);
        } else if (wanted == kind::boolean) {
            if (std::optional<bool> const truth = read_boolean(text))
                result = *truth;
        } else if (wanted == kind::null && (text == "null" || text == "None")) {
            result.emplace(nullptr);
        } else if (wanted == kind::number && is_number(text)) {
            auto number = read_number(text);
            if (auto* good = std::get_if<json::value>(&number); good != nullptr)
                result = std::move(*good);
        }
        if (result)
            to = std::move(*result);
        return result.has_value();
    }

    /// Kinds that only few words fit come first. A text takes what nothing else does.
    bool alternate(argument_node const& node, type const& what, std::string const& text, json::value& to)
    {
        type const* words = alternative_of(what, kind::enumeration);
        bool const takes_text = alternative_of(what, kind::string) != nullptr;
        if (words != nullptr && is_word_of(*words, text)) {
            to = text;
            return true;
        }
        for (kind each : {kind::null, kind::boolean, kind::integer, kind::number}) {
            // Of `on`, `5` and the like a text is as likely to be meant: only what JSON spells so is none.
            bool const clear = !takes_text || each == kind::null || text == "true" || text == "false" || is_number(text);
            if (alternative_of(what, each) != nullptr && clear && simple(each, text, to))
                return true;
        }
        if (takes_text) {
            to = text;
            return true;
        }
        if (words != nullptr)
            return refuse(node, "another kind of value, or " + one_of(words->values, text));
        type const* first = what.alternatives.empty() ? nullptr : what.alternatives.front();
        return refuse(node, wanted_words(first != nullptr ? first->kind : kind::any, text));
    }
};

}  // namespace

bool exists(member const& each, argument_node const& given)
{
    return !each.when || text_of_member(given, each.when->first) == each.when->second;
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

std::variant<json::object, mistake> type_arguments(argument_node const& given, type const* what, guessed_words* guessed)
{
    typer work;
    work.guessed = guessed;
    json::object result;
    if (!work.object(given, what, result))
        return *std::move(work.wrong);
    return result;
}

std::variant<json::value, std::string> guess(std::string_view text)
{
    if (text == "true" || text == "True" || text == "TRUE")
        return json::value(true);
    if (text == "false" || text == "False" || text == "FALSE")
        return json::value(false);
    if (text == "null" || text == "None")
        return json::value(nullptr);
    if (!is_number(text))
        return json::value(json::string_view(text));
    auto number = read_number(text);
    if (auto* error = std::get_if<literal_error>(&number); error != nullptr)
        return std::move(error->message);
    return std::move(*std::get_if<json::value>(&number));
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
