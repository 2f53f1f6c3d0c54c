// Words into commands.
#include "language/read/command_line.hpp"
#include "language/words.hpp"

#include "language/read/common_mistakes.hpp"
#include "language/read/literal.hpp"
#include "language/read/typing.hpp"
#include "language/read/unicode.hpp"

#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

using coqmp::did_you_mean;
using coqmp::schema;
using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;
using coqmp::similar_names;

namespace {

/// Reads what follows a command's name.
class command_words
{
public:
    /// @param entry names what a bare word could be; nothing: unknown
    explicit command_words(std::optional<coqmp::schema_command> const& entry = std::nullopt)
        : name_(entry ? entry->name() : std::string_view()), known_(entry ? entry->arguments() : schema_type())
    {}

    argument_node arguments;
    bool out_of_band = false;
    std::vector<travelling_file> files;

    void read(words_view words)
    {
        for (std::size_t index = 0; index < words.size(); ++index) {
            word const& each = words[index];
            if (!each.text.starts_with("--oob") && !each.text.starts_with("--fd"))
                check_argument(words.subspan(index), known_);
            if (!each.text.starts_with("--"))
                add(each);
            else if (each.text == "--oob")
                out_of_band = true;
            else if (each.text.starts_with("--fd=") || each.text.starts_with("--fd:") || each.text == "--fd")
                read_file(words, index);
            else
                throw mistake{each.where, "there is no option " + abbreviated(each.text) + ": only --oob and --fd NAME=PATH"};
        }
    }

private:
    /// The only required argument of the command. @return nothing: it has none, or several
    [[nodiscard]] std::optional<schema_member> only_required() const
    {
        std::optional<schema_member> result;
        for (schema_member const& each : known_.all_members()) {
            if (each.is_optional())
                continue;
            if (result)
                return std::nullopt;
            result = each;
        }
        return result;
    }

    /// The name of the argument that a bare word may be.
    [[nodiscard]] std::string name_for(std::string const& text) const
    {
        auto const required = only_required();
        if (!required || arguments.find(required->name()) != nullptr)
            return "NAME";
        bool const number = text.find_first_of("0123456789") == 0;
        return required->type().kind() == schema_kind::integer && !number ? "NAME" : std::string(required->name());
    }

    /// For a command with known arguments: a word that has no value and is not the name of an argument.
    void check_bare(word const& what) const
    {
        bool const bare = known_ && !split(what) && !is_structured(what);
        if (!bare || find_member(known_, what.text.substr(0, what.text.find('.')), arguments))
            return;
        if (what.text.starts_with('-'))
            throw mistake{what.where, "there is no option " + abbreviated(what.text) + ": only --oob and --fd NAME=PATH"};
        if (known_.all_members().empty())
            throw mistake{what.where, name_ + " takes no arguments: leave " + abbreviated(what.text) + " out"};
        std::string const name = name_for(what.text);
        throw mistake{what.where, "an argument begins with its name: write " + name + '=' + abbreviated(what.text) +
                                      (name == "NAME" ? " (`help " + name_ + "` lists the names)" : "")};
    }

    void add(word const& what)
    {
        check_bare(what);
        add_argument(arguments, what);
    }

    /// @param index of the option; then of its last word
    void read_file(words_view words, std::size_t& index)
    {
        constexpr std::string_view begin = "--fd";
        word const& option = words[index];
        std::string_view const text = option.text;
        std::size_t const equals = text.find('=');
        std::string_view const mode = text.substr(begin.size(), equals == text.npos ? equals : equals - begin.size());
        auto const known = std::find_if(modes.begin(), modes.end(), [mode](auto const& each) { return each.first == mode; });
        if (known == modes.end())
            throw mistake{option.where, mode == ":" ? "a mode is missing: write --fd:ro, --fd:wo or --fd:rw"
                                                    : "--fd has no mode " + abbreviated(mode.substr(1)) +
                                                          ": write --fd:ro, --fd:wo or --fd:rw"};
        if (equals != text.npos)
            return add_file({option.text.substr(equals + 1), option.at(equals + 1)}, known->second);
        if (++index == words.size())
            throw mistake{option.where, "--fd needs a name and a file: --fd NAME=PATH"};
        return add_file(words[index], known->second);
    }

    void add_file(word const& what, file_mode mode)
    {
        std::string const text = unquote(what).text;
        std::size_t const equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
            throw mistake{what.where, "--fd needs a name and a file: --fd NAME=PATH"};
        files.push_back({text.substr(0, equals), text.substr(equals + 1), mode});
    }

    static constexpr std::array<std::pair<std::string_view, file_mode>, 4> modes{
        {{"", file_mode::any}, {":ro", file_mode::read}, {":wo", file_mode::write}, {":rw", file_mode::both}}};

    std::string name_;
    schema_type known_;
};

void check_name(word const& name)
{
    std::string const& text = name.text;
    if (text == ")")
        throw mistake{name.where, "no transaction is open: `transaction(` opens one"};
    if (text.starts_with('-'))
        throw mistake{name.where, "a command's name comes first; options begin with two dashes: --oob, --fd NAME=PATH"};
    if (text.find('=') != std::string::npos)
        throw mistake{name.where, "a command's name comes first, then its arguments"};
    if (std::size_t const end = text.find(';'); end != std::string::npos && end != 0)
        throw mistake{name.at(end), "each command is a line of its own: ; stands only between the actions of a transaction"};
    std::size_t const odd = text.find_first_of("\"'{}[]();,");
    if (odd != std::string::npos)
        throw mistake{name.at(odd), "no command has such a character in its name"};
}

constexpr std::string_view second_object =
    "another object begins here: each command is a line of its own, and ; stands between the actions of a transaction";

/// Whether a whole value ends where an object begins.
bool is_second_object(std::string_view text, std::size_t begin)
try {
    if (!text.substr(begin).starts_with('{'))
        return false;
    (void)read_literal(text.substr(0, begin), notation::python);
    return true;
} catch (literal_error const&) {
    return false;
}

json::object read_object(word const& what, std::string_view otherwise)
try {
    json::value value = read_literal(what.text, notation::python);
    if (!value.is_object())
        throw mistake{what.where, std::string(otherwise)};
    return std::move(value.get_object());
} catch (literal_error& error) {
    bool const second = is_second_object(what.text, error.offset);
    throw mistake{what.at(error.offset), second ? std::string(second_object) : std::move(error.message)};
}

typed_command command_of(std::string const& name, json::object arguments, command_words rest)
{
    typed_command result;
    result.name = name;
    result.arguments = std::move(arguments);
    result.out_of_band = rest.out_of_band;
    result.files = std::move(rest.files);
    return result;
}

/// `name {"key": value, ...}`: all arguments in one object. @param before the name; what stands between it and the object
/// @param words begin with the object
typed_command read_command_with_object(std::string const& name, words_view before, words_view between, words_view words)
{
    json::object arguments = read_object(words.front(), "an argument begins with its name: write name=VALUE");
    if (words.size() > 1 && is_structured(words[1]))
        throw mistake{words[1].where, std::string(second_object)};
    command_words options;
    for (words_view const each : {before, between, words.subspan(1)})
        options.read(each);
    if (!options.arguments.members.empty())
        throw mistake{options.arguments.members.front().second->where,
                      "the object holds all arguments: only options may stand beside it"};
    typed_command result = command_of(name, std::move(arguments), std::move(options));
    result.places.add_braces({}, words.front());
    return result;
}

}  // namespace

std::size_t count_options(words_view words)
{
    std::size_t count = 0;
    while (count < words.size() && words[count].text.starts_with("--"))
        count += takes_file(words[count].text) ? 2 : 1;
    return std::min(count, words.size());
}

typed_command read_command(words_view words, schema const* known)
{
    std::size_t const options = count_options(words);
    if (options == words.size())
        throw mistake{words.front().where, "the name of a command is missing after the options"};
    word const& name = words[options];
    check_name(name);
    words_view const after = words.subspan(options + 1);
    words_view const object = after.subspan(count_options(after));
    if (!object.empty() && object.front().text.starts_with('{'))
        return read_command_with_object(name.text, words.first(options), after.first(after.size() - object.size()), object);
    auto const entry = known != nullptr ? known->find_command(name.text) : std::nullopt;
    command_words rest(entry);
    rest.read(words.first(options));
    if (!after.empty())
        check_commas(name.text, after.front());
    rest.read(after);
    guessed_words guessed;
    json::object arguments = type_arguments(rest.arguments, entry ? entry->arguments() : schema_type(), &guessed);
    source_map places;
    places.add_arguments(rest.arguments, {});
    typed_command result = command_of(name.text, std::move(arguments), std::move(rest));
    result.guessed = std::move(guessed);
    result.places = std::move(places);
    return result;
}

namespace {

constexpr std::string_view no_command = "a command begins with its name, or is an object: {\"execute\": NAME}";

/// What is wrong with a raw command; empty: nothing.
std::string refuse_raw(json::object const& members)
{
    for (auto const& each : members)
        if (each.key() != "execute" && each.key() != "exec-oob" && each.key() != "arguments" && each.key() != "id")
            return "a command has no member \"" + abbreviated(each.key()) + "\": only execute or exec-oob, arguments, id";
    json::value const* in_band = members.if_contains("execute");
    json::value const* out_of_band = members.if_contains("exec-oob");
    if ((in_band == nullptr) == (out_of_band == nullptr))
        return R"(a raw command has either "execute" or "exec-oob")";
    if (!(in_band != nullptr ? in_band : out_of_band)->is_string())
        return R"(the name of the command is a text: {"execute": "query-status"})";
    json::value const* arguments = members.if_contains("arguments");
    if (arguments != nullptr && !arguments->is_object())
        return R"("arguments" is an object: {"execute": "stop", "arguments": {}})";
    return {};
}

}  // namespace

typed_command read_raw(words_view words)
{
    json::object members = read_object(words.front(), no_command);
    if (std::string refusal = refuse_raw(members); !refusal.empty())
        throw mistake{words.front().where, std::move(refusal)};
    if (words.size() > 1 && is_structured(words[1]))
        throw mistake{words[1].where, std::string(second_object)};
    command_words options;
    options.read(words.subspan(1));
    if (!options.arguments.members.empty())
        throw mistake{words[1].where, "only options may follow a raw command: its arguments stand in its \"arguments\""};
    json::value const* in_band = members.if_contains("execute");
    json::string const& name = (in_band != nullptr ? *in_band : members.at("exec-oob")).get_string();
    json::value* const arguments = members.if_contains("arguments");
    typed_command result =
        command_of(std::string(std::string_view(name)),
                   arguments != nullptr ? std::move(arguments->get_object()) : json::object(), std::move(options));
    result.out_of_band = in_band == nullptr || result.out_of_band;
    result.places.add_braces({}, words.front(), "arguments");
    if (json::value* id = members.if_contains("id"); id != nullptr)
        result.id = std::move(*id);
    return result;
}

schema_type action_type(schema const* known)
{
    auto const transaction = known != nullptr ? known->find_command("transaction") : std::nullopt;
    auto const actions = transaction ? transaction->arguments().find_members("actions") : std::vector<schema_member>();
    return actions.empty() ? schema_type() : actions.front().type().element();
}

std::vector<std::string> action_names(schema_type const& action)
{
    for (schema_member const& each : action.members())
        if (each.name() == action.tag())
            return each.type().values();
    return {};
}

schema_type data_type(schema_type const& action, std::string_view name)
{
    for (schema_member const& each : action.variant(name).members())
        if (each.name() == "data")
            return each.type();
    return {};
}

namespace {

typed_action read_raw_action(words_view words)
{
    typed_action result{read_object(words.front(), no_command), {}};
    json::value const* name = result.object.if_contains("type");
    if (name == nullptr || !name->is_string())
        throw mistake{words.front().where, R"(an action is written name key=VALUE, or {"type": NAME, "data": {...}})"};
    if (words.size() > 1)
        throw mistake{words[1].where, "nothing may follow a raw action but a semicolon or the closing parenthesis"};
    result.places.add({}, words.front().where);
    result.places.add_braces({}, words.front());
    return result;
}

/// What QEMU would refuse at the end of the transaction.
void check_action(word const& name, schema_type const& action)
{
    std::vector<std::string> const names = action_names(action);
    if (!names.empty() && std::find(names.begin(), names.end(), name.text) == names.end())
        throw mistake{name.where, "there is no action " + abbreviated(name.text) +
                                      suggestion(similar_names(name.text, names), ": Tab lists them")};
}

}  // namespace

typed_action read_action(words_view words, schema const* known)
{
    word const& name = words.front();
    if (is_structured(name))
        return read_raw_action(words);
    check_name(name);
    schema_type const action = action_type(known);
    for (word const& each : words)
        if (each.text.starts_with("--"))
            throw mistake{each.where, "an action has no options: they belong to the transaction"};
    for (word const& each : words.subspan(1))
        if (data_type(action, each.text))
            throw mistake{each.where, "actions are separated by ;"};
    check_action(name, action);
    typed_action result;
    result.places.add({}, name.where);
    result.object["type"] = name.text;
    if (words.size() > 1 && words[1].text.starts_with('{')) {
        result.object["data"] = read_object(words[1], no_command);
        if (words.size() > 2)
            throw mistake{words[2].where, "the object holds all arguments of the action: nothing may stand beside it"};
        result.places.add_braces("data", words[1]);
        return result;
    }
    command_words rest;
    rest.read(words.subspan(1));
    result.object["data"] = type_arguments(rest.arguments, data_type(action, name.text));
    result.places.add_arguments(rest.arguments, "data");
    return result;
}

typed_command read_transaction_arguments(words_view words, schema const* known)
{
    command_words rest;
    rest.read(words);
    if (argument_node const* actions = rest.arguments.find("actions"); actions != nullptr)
        throw mistake{actions->where, "the actions of this transaction stand between its parentheses"};
    auto const entry = known != nullptr ? known->find_command("transaction") : std::nullopt;
    json::object arguments = type_arguments(rest.arguments, entry ? entry->arguments() : schema_type());
    return command_of("transaction", std::move(arguments), std::move(rest));
}

}  // namespace qmp_shell
