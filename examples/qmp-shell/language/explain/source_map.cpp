#include "language/explain/source_map.hpp"

#include "language/read/value_scanner.hpp"

#include <algorithm>
#include <iterator>

namespace qmp_shell {

namespace {

/// `a` and `b` are `a.b`, `a` and `[0]` are `a[0]`.
std::string joined(std::string_view path, std::string_view name)
{
    std::string result(path);
    if (!path.empty() && !name.empty() && !name.starts_with('['))
        result += '.';
    return result.append(name);
}

bool is_index(std::string_view name)
{
    return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What is left of a path below another one. @return nothing: it is not below
std::optional<std::string_view> below(std::string_view path, std::string_view above)
{
    if (above.empty())
        return path;
    if (!path.starts_with(above) || path.size() == above.size())
        return std::nullopt;
    path.remove_prefix(above.size());
    if (path.starts_with('['))
        return path;
    return path.starts_with('.') ? std::optional(path.substr(1)) : std::nullopt;
}

/// Where the name of a member, or an item, stands in a value in braces. @param path as QEMU writes it: `a.b[0].c`
std::optional<std::size_t> find_member(std::string_view text, std::string_view path)
try {
    using kind = value_part::kind;
    value_scanner parts(text, notation::python);
    std::string here;                  // the path to the part that is being read
    std::vector<std::size_t> lengths;  // of the paths to the levels that are open
    for (value_part part = parts.next(); part.what != kind::end && !path.empty(); part = parts.next()) {
        if (part.key) {
            here.resize(lengths.back());
            bool const name = part.what == kind::name;
            here += name ? (here.empty() ? "" : ".") + *part.key : '[' + *part.key + ']';
            if (here == path)
                return part.begin;
        }
        if (part.what == kind::object || part.what == kind::array)
            lengths.push_back(here.size());
        else if (part.what == kind::close)
            lengths.pop_back();
    }
    return std::nullopt;
} catch (literal_error const&) {
    return std::nullopt;
}

}  // namespace

void source_map::add_arguments(argument_node const& from, std::string const& path)
{
    for (auto const& [name, node] : from.members) {
        bool const item = from.parent != nullptr || !from.name.empty();
        std::string here = joined(path, item && is_index(name) ? '[' + name + ']' : name);
        std::size_t const before = node->path().size() - name.size();
        add(here, {node->where.line, node->where.column + before});
        if (node->value && is_structured(node->value->text))
            add_braces(here, node->value->text);
        add_arguments(*node, here);
    }
}

void source_map::add_braces(std::string path, word const& text, std::string inside)
{
    braces_.push_back({std::move(path), text, std::move(inside)});
}

void source_map::add_part(source_map part, std::string const& path, std::size_t lines)
{
    for (auto& [name, where] : part.names_)
        add(joined(path, name), {where.line + lines, where.column});
    for (braces& each : part.braces_) {
        each.path = joined(path, each.path);
        each.text.where.line += lines;
        braces_.push_back(std::move(each));
    }
}

std::optional<place> source_map::find(std::string_view path) const
{
    auto const found = std::find_if(names_.begin(), names_.end(), [path](auto const& each) { return each.first == path; });
    if (found != names_.end())
        return found->second;
    for (braces const& each : braces_) {
        auto const rest = below(path, each.path);
        auto const offset = rest ? find_member(each.text.text, joined(each.inside, *rest)) : std::nullopt;
        if (offset)
            return each.text.at(*offset);
    }
    return std::nullopt;
}

std::optional<place> source_map::find_enclosing(std::string_view path) const
{
    std::optional<place> result = find(path);
    while (!result && !path.empty()) {
        std::size_t const last = path.find_last_of(".[");
        path = path.substr(0, last == std::string_view::npos ? 0 : last);
        if (!path.empty())
            result = find(path);
    }
    return result;
}

}  // namespace qmp_shell
