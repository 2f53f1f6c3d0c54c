// Types in a few words.
#include "language/explain/help.hpp"

#include "language/read/typing.hpp"
#include "language/words.hpp"

#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace qmp_shell {

using coqmp::schema;
using coqmp::schema_kind;
using coqmp::schema_member;
using coqmp::schema_type;
using coqmp::similar_names;

namespace {

constexpr std::size_t most_values = 8;  ///< in a list of Tab's
constexpr std::size_t all_values = std::string::npos;
constexpr std::size_t most_levels_of_arrays = 4;

std::string described_values(schema_type const& what, std::size_t most)
{
    std::vector<std::string> shown;
    for (std::string const& each : what.values()) {
        if (shown.size() == most) {
            shown.emplace_back("...");
            break;
        }
        shown.push_back('"' + each + '"');
    }
    return shown.empty() ? "string" : joined(shown, "|");
}

std::string described(schema_type const& what, std::size_t levels, std::size_t most)
{
    static std::map<schema_kind, std::string> const words = {{schema_kind::string, "string"},   {schema_kind::number, "number"},
                                                             {schema_kind::integer, "integer"}, {schema_kind::boolean, "boolean"},
                                                             {schema_kind::null, "null"},       {schema_kind::any, "any"},
                                                             {schema_kind::object, "object"}};
    if (auto const found = words.find(what.kind()); found != words.end())
        return found->second;
    if (what.kind() == schema_kind::enumeration)
        return described_values(what, most);
    if (levels == 0)
        return "...";
    if (what.kind() == schema_kind::array)
        return '[' + described(what.element(), levels - 1, most) + ']';
    std::vector<std::string> alternatives;
    for (schema_type const& each : what.alternatives())
        alternatives.push_back(each.kind() == schema_kind::alternate ? "..." : described(each, levels - 1, most));
    return alternatives.empty() ? "any" : joined(alternatives, " or ");
}

std::string described_whole(schema_type const& what)
{
    return described(what, most_levels_of_arrays, all_values);
}

/// A line that may become several, between the values of an enumeration and between words; the later ones stand below the text.
std::string wrapped(std::string head, std::string_view text, std::size_t width)
{
    std::string const indent(head.size(), ' ');
    std::string result;
    while (head.size() + text.size() > width) {
        std::size_t const room = width > head.size() ? width - head.size() : 0;
        std::size_t end = text.find_last_of("| ", room > 0 ? room - 1 : 0);
        if (end == std::string_view::npos)  // nothing fits
            end = text.find_first_of("| ");
        if (end == std::string_view::npos)
            break;
        std::size_t const used = end + (text[end] == '|' ? 1 : 0);
        result += std::exchange(head, indent).append(text.substr(0, used)) + '\n';
        text.remove_prefix(end + 1);
    }
    return result + head.append(text) + '\n';
}

/// What is inside: of an array its elements, of an alternate its object.
schema_type inside(schema_type what)
{
    for (std::size_t level = 0; level < most_levels_of_arrays && what.kind() == schema_kind::array; ++level)
        what = what.element();
    return what.as(schema_kind::object);
}

class members_text
{
public:
    static constexpr std::size_t top = 2;

    explicit members_text(std::size_t widest) : width_(widest) {}

    [[nodiscard]] std::string text() const { return text_; }

    /// All members, each in a line; nested ones a level deep.
    /// @param given what was said of the members: of a variant that is chosen, the members are shown as all others
    void add(schema_type const& what, argument_node const& given, std::size_t indent, bool nested)
    {
        static argument_node const nothing;
        std::vector<schema_member> shown;
        for (schema_member& each : what.all_members())
            if (exists(each, given))
                shown.push_back(std::move(each));
        std::size_t width = 0;
        for (schema_member const& each : shown)
            width = std::max(width, each.name().size());
        for (schema_member const& each : shown) {
            std::string head(indent, ' ');
            head.append(each.name()).append(width + 2 - each.name().size(), ' ');
            text_ += wrapped(std::move(head), described_whole(each.type()) + remarks(each), width_);
            argument_node const* inner = given.find(each.name());
            schema_type const below = nested || inner != nullptr ? inside(each.type()) : schema_type();
            if (below)
                add(below, inner != nullptr ? *inner : nothing, indent + 4, inner != nullptr && !inner->value);
        }
        add_variants(what, given, indent);
    }

private:
    /// `with driver=qcow2: file, [backing], ...`
    void add_variants(schema_type const& what, argument_node const& given, std::size_t indent)
    {
        std::vector<std::pair<std::string, std::vector<std::string>>> variants;
        for (schema_member const& each : what.all_members()) {
            auto const when = each.when();
            if (!when || given.find(when->tag) != nullptr)
                continue;
            std::string choice = std::string(when->tag).append("=").append(when->value);
            if (variants.empty() || variants.back().first != choice)
                variants.emplace_back(std::move(choice), std::vector<std::string>());
            std::string const name(each.name());
            variants.back().second.push_back(each.is_optional() ? '[' + name + ']' : name);
        }
        constexpr std::size_t most_nested = 8;
        if (indent > top && variants.size() > most_nested) {
            text_.append(indent, ' ').append("further members depend on ").append(what.tag()).append("\n");
            return;
        }
        for (auto const& [choice, names] : variants)
            add_wrapped("with " + choice + ':', names, indent);
    }

    void add_wrapped(std::string line, std::vector<std::string> const& names, std::size_t indent)
    {
        line.insert(0, indent, ' ');
        for (std::size_t index = 0; index < names.size(); ++index) {
            std::string const next = names[index] + (index + 1 < names.size() ? "," : "");
            if (line.size() + 1 + next.size() > width_) {
                text_ += line + '\n';
                line = std::string(indent + 3, ' ');
            }
            line += ' ' + next;
        }
        text_ += line + '\n';
    }

    std::size_t const width_;
    std::string text_;
};

bool has_members(schema_type const& what)
{
    return !what.all_members().empty();
}

std::string described_members(std::string_view title, schema_type const& what, argument_node const& given, std::size_t width)
{
    members_text members(width);
    if (has_members(what))
        members.add(what, given, members_text::top, true);
    else if (what && what.kind() != schema_kind::object)
        return wrapped(std::string(title) + ": ", described_whole(what), width);
    return std::string(title) + (has_members(what) ? ":\n" : ": none\n") + members.text();
}

std::string described_return(schema_type const& what, std::size_t width)
{
    schema_type const below = inside(what);
    if (what.kind() == schema_kind::object && !has_members(what))
        return "returns: nothing\n";
    members_text members(width);
    if (has_members(below))
        members.add(below, argument_node(), members_text::top, false);
    return wrapped("returns: ", described_whole(what), width) + members.text();
}

}  // namespace

std::string describe_command(schema const& known, std::string_view line, std::size_t width)
{
    lexer reader;
    reader.feed(line);
    std::vector<word> const words = reader.take();
    auto const entry = words.empty() ? std::nullopt : known.find_command(words.front().text);
    if (!entry)
        return {};
    argument_node given;
    try {
        for (std::size_t index = 1; index < words.size(); ++index)
            add_argument(given, words[index]);
    } catch (mistake const&) {  // what was right so far is described
    }
    std::string result = std::string(entry->name()) + (entry->has_feature("deprecated") ? ", deprecated" : "") +
                         (entry->has_feature("unstable") ? ", unstable" : "") +
                         (entry->allows_out_of_band() ? ", may be sent with --oob" : "") + '\n';
    return result + described_members("arguments", entry->arguments(), given, width) + described_return(entry->returns(), width);
}

std::string describe_event(schema const& known, std::string_view name, std::size_t width)
{
    auto const entry = known.find_event(name);
    return !entry
               ? std::string()
               : "event " + std::string(entry->name()) + '\n' + described_members("data", entry->data(), argument_node(), width);
}

std::string remarks(schema_member const& what)
{
    return std::string(what.is_optional() ? ", optional" : "") + (what.has_feature("deprecated") ? ", deprecated" : "") +
           (what.has_feature("unstable") ? ", unstable" : "");
}

std::string describe(schema_type const& what)
{
    return described(what, most_levels_of_arrays, most_values);
}

std::vector<std::string> similar_commands(schema const& known, std::string_view name)
{
    constexpr std::string_view leaves = "exit";
    std::vector<std::string> names = known.command_names();
    names.emplace_back(leaves);
    std::vector<std::string> result = similar_names(name, names);
    // A user who means the shell's own command must not be led to `quit`, which ends QEMU.
    if (std::find(result.begin(), result.end(), leaves) != result.end())
        std::erase(result, "quit");
    return result;
}

}  // namespace qmp_shell
