#include "daemon/configuration/toml_parser.hpp"

// Only the parser, and in this file only: neither the compiled library, which would be needed on the host as well, nor the
// writers of TOML, JSON and YAML.
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace coqmp_daemon {

namespace {

file_position begin_of(toml::source_region const& region)
{
    return {region.begin.line, region.begin.column};
}

toml_value converted(toml::node const& node);

toml_table converted_table(toml::table const& table)
{
    toml_table result;
    for (auto const& [key, node] : table)
        result.entries.push_back({std::string(key.str()), begin_of(key.source()), converted(node)});
    // toml++ sorts them by name.
    std::ranges::sort(result.entries, {}, &toml_entry::position);
    return result;
}

/// Its depth is bounded by toml++: TOML_MAX_NESTED_VALUES.
toml_value converted(toml::node const& node)
{
    toml_value result{toml_time(), begin_of(node.source())};
    if (auto const* const text = node.as_string())
        result.content = text->get();
    else if (auto const* const integer = node.as_integer())
        result.content = integer->get();
    else if (auto const* const number = node.as_floating_point())
        result.content = number->get();
    else if (auto const* const boolean = node.as_boolean())
        result.content = boolean->get();
    else if (auto const* const table = node.as_table())
        result.content = converted_table(*table);
    else if (auto const* const array = node.as_array()) {
        toml_list list;
        for (toml::node const& each : *array)
            list.push_back(converted(each));
        result.content = std::move(list);
    }
    return result;
}

}  // namespace

toml_table parse_toml(std::string_view text, problem_list& problems)
try {
    return converted_table(toml::parse(text));
} catch (toml::parse_error const& error) {
    problems.add(begin_of(error.source()), error.description());
    return {};
}

}  // namespace coqmp_daemon
