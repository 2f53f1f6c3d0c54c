// Keys into trees, and the quotes off values.
#include "language/read/argument.hpp"

#include "language/read/unicode.hpp"
#include "language/read/value_scanner.hpp"

#include <algorithm>

namespace qmp_shell {

namespace {

std::string in_quotes(std::string_view name)
{
    return '`' + abbreviated(name) + '`';
}

std::string without_equals(word const& what)
{
    std::string const& text = what.text;
    if (text.starts_with('"') || text.starts_with('\'') || text.starts_with('{') || text.starts_with('['))
        return "an argument begins with its name: write name=VALUE";
    return in_quotes(text) + " has no value: write " + abbreviated(text) + "=VALUE";
}

void check_key(word const& what, argument const& from)
{
    std::size_t const quote = from.key.find_first_of("\"'");
    if (quote != std::string_view::npos)
        throw mistake{what.at(quote), "the name of an argument is written without quotes"};
    if (from.key.empty())
        throw mistake{what.where, "the name of the argument is missing before the equals sign"};
    if (from.key.starts_with('.') || from.key.ends_with('.') || from.key.find("..") != std::string_view::npos) {
        std::size_t const dots = from.key.find("..");
        std::size_t const offset =
            from.key.starts_with('.') ? 0 : (dots != std::string_view::npos ? dots + 1 : from.key.size() - 1);
        throw mistake{what.at(offset), "a name is missing beside this dot: nested names are written a.b.c"};
    }
    if (static_cast<std::size_t>(std::count(from.key.begin(), from.key.end(), '.')) >= most_levels)
        throw mistake{what.where, "this is nested over 1,024 levels, more than QEMU reads"};
}

}  // namespace

std::optional<argument> split(word const& what)
{
    std::size_t const equals = what.text.find('=');
    if (equals == std::string::npos)
        return std::nullopt;
    bool const exact = equals != 0 && what.text[equals - 1] == ':';
    return argument{std::string_view(what.text).substr(0, exact ? equals - 1 : equals), equals + 1, exact};
}

argument_node const* argument_node::find(std::string_view wanted) const
{
    auto const found = index_.find(wanted);
    return found != index_.end() ? members[found->second].second.get() : nullptr;
}

argument_node& argument_node::member(std::string_view wanted)
{
    if (auto const found = index_.find(wanted); found != index_.end())
        return *members[found->second].second;
    index_.emplace(wanted, members.size());
    auto made = std::make_unique<argument_node>();
    made->name = wanted;
    made->parent = name.empty() ? nullptr : this;
    return *members.emplace_back(wanted, std::move(made)).second;
}

std::string argument_node::path() const
{
    std::vector<std::string_view> names;
    for (argument_node const* each = this; each != nullptr; each = each->parent)
        names.emplace_back(each->name);
    std::reverse(names.begin(), names.end());
    std::string result;
    for (std::string_view const each : names)
        result.append(result.empty() ? "" : ".").append(each);
    return result;
}

void add_argument(argument_node& root, word const& what)
{
    std::optional<argument> const parts = split(what);
    if (!parts)
        throw mistake{what.where, without_equals(what)};
    check_key(what, *parts);
    argument_node* node = &root;
    for (std::string_view rest = parts->key; !rest.empty();) {
        std::size_t const dot = rest.find('.');
        node = &node->member(rest.substr(0, dot));
        rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
        if (node->value && !rest.empty())
            throw mistake{what.where, in_quotes(node->path()) + " has a value already and cannot have members, too: leave " +
                                          in_quotes(node->path()) + " or " + in_quotes(parts->key) + " out"};
        if (node->members.empty() && !node->value)
            node->where = what.where;
    }
    if (node->value)
        throw mistake{what.where, in_quotes(parts->key) + " is there twice: leave one of them out"};
    if (!node->members.empty())
        throw mistake{what.where, in_quotes(parts->key) + " has members already, as " +
                                      in_quotes(node->members.front().second->path()) + ": it cannot have a value, too"};
    node->value = typed_value{{what.text.substr(parts->value_offset), what.at(parts->value_offset)}, parts->exact};
}

plain_text unquote(word const& what)
try {
    plain_text result;
    std::string_view const text = what.text;
    if (is_structured(what) || text.starts_with("json:{"))
        return plain_text{what.text, false};
    for (std::size_t position = 0; position < text.size();) {
        if (text[position] != '"' && text[position] != '\'') {
            result.text += text[position++];
            continue;
        }
        result.quoted = true;
        result.text += read_quoted(text, position, notation::python);
    }
    return result;
} catch (literal_error& error) {
    throw mistake{what.at(error.offset), std::move(error.message)};
}

std::optional<std::string> text_of(argument_node const* given)
try {
    return given != nullptr && given->value ? std::optional(unquote(given->value->text).text) : std::nullopt;
} catch (mistake const&) {
    return std::nullopt;
}

bool is_structured(word const& what)
{
    return what.text.starts_with('{') || what.text.starts_with('[');
}

}  // namespace qmp_shell
