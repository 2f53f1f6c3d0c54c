// Each habit is recognised by its shape, or by the name of an argument that it has; what is like none is left for others to judge.
#include "language/read/common_mistakes.hpp"

#include "language/read/unicode.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace qmp_shell {

using coqmp::schema_member;
using coqmp::schema_type;

namespace {

bool is_argument(schema_type const& arguments, std::string_view key)
{
    std::string_view const first = key.substr(0, key.find('.'));
    auto const members = arguments.all_members();
    return std::any_of(members.begin(), members.end(), [first](schema_member const& each) { return each.name() == first; });
}

/// What follows a word, if it can be a value.
std::string value_after(std::span<word const> words)
{
    bool const there = words.size() > 1 && !split(words[1]) && !words[1].text.starts_with('-');
    return there ? words[1].text : "VALUE";
}

/// `key = value`, `key =value`, `key= value`
void check_blanks(std::span<word const> words)
{
    std::string const& first = words.front().text;
    if (words.size() < 2 || first.find_first_of("\"'{}[]()") != std::string::npos || first.starts_with("--"))
        return;
    std::string const& next = words[1].text;
    std::size_t const equals = first.find('=');
    bool const before = equals == std::string::npos && (next.starts_with('=') || next.starts_with(":="));
    bool const after =
        equals != 0 && equals + 1 == first.size() && next.find('=') == std::string::npos && !next.starts_with("--");
    if (!before && !after)
        return;
    std::string joined = first + next;
    if (before && next.ends_with('='))
        joined += value_after(words.subspan(1));
    throw mistake{words[1].where, "no blanks stand around the equals sign: write " + abbreviated(joined)};
}

void check_colon(std::span<word const> words, schema_type const& arguments)
{
    std::string_view const text = words.front().text;
    std::size_t const colon = text.find(':');
    if (colon == std::string_view::npos || split(words.front()) || !is_argument(arguments, text.substr(0, colon)))
        return;
    std::string const value = colon + 1 < text.size() ? std::string(text.substr(colon + 1)) : value_after(words);
    throw mistake{words.front().at(colon), "an equals sign stands between an argument and its value: write " +
                                               abbreviated(text.substr(0, colon)) + '=' + abbreviated(value)};
}

void check_dashes(std::span<word const> words, schema_type const& arguments)
{
    std::string_view text = words.front().text;
    if (!text.starts_with('-'))
        return;
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    std::size_t const equals = text.find('=');
    std::string_view const key = text.substr(0, equals);
    if (!is_argument(arguments, key))
        return;
    std::string const value = equals != std::string_view::npos ? std::string(text.substr(equals + 1)) : value_after(words);
    throw mistake{words.front().where,
                  "an argument is written without dashes: write " + abbreviated(key) + '=' + abbreviated(value)};
}

void check_stray(word const& what)
{
    if (what.text.find_first_of("()}];,") != 0 || split(what))
        return;
    throw mistake{what.where, '`' + what.text.substr(0, 1) + "` belongs to nothing here"};
}

}  // namespace

void check_argument(std::span<word const> words, schema_type const& arguments)
{
    check_blanks(words);
    check_colon(words, arguments);
    check_dashes(words, arguments);
    check_stray(words.front());
}

void check_commas(std::string_view command, word const& first)
{
    // What stands before the first comma on the command line.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names = {{{"blockdev-add", "driver"},
                                                                                     {"chardev-add", "backend.type"},
                                                                                     {"device_add", "driver"},
                                                                                     {"netdev_add", "type"},
                                                                                     {"object-add", "qom-type"}}};
    constexpr std::size_t longest = 200;
    auto const found = std::find_if(names.begin(), names.end(), [command](auto const& each) { return each.first == command; });
    std::string const& text = first.text;
    std::size_t const comma = text.find(',');
    if (found == names.end() || comma == std::string::npos || text.find_first_of("\"'{[-,") == 0)
        return;
    std::size_t const equals = text.find('=');
    bool const named = equals < comma;
    // A value may have commas of its own.
    if (named && (text.substr(0, equals) != found->second || text.find('=', comma) == std::string::npos))
        return;
    std::string meant = text.substr(0, text.find_last_not_of(',') + 1);
    std::replace(meant.begin(), meant.end(), ',', ' ');
    if (!named)
        meant.insert(0, std::string(found->second) + '=');
    throw mistake{first.at(comma), "blanks, not commas, stand between arguments: write " + abbreviated(meant, longest)};
}

}  // namespace qmp_shell
