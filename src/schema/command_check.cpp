// Invariant: every step goes one level deeper into the arguments, never only into the schema, so that circles in the schema do no
// harm; the unions of one level are limited.
#include "schema/command_check.hpp"

#include <coqmp/similar_names.hpp>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

constexpr std::size_t most_levels = 1'024;  // QEMU's own limit

bool fits(schema_kind kind, json::value const& value)
{
    switch (kind) {
        case schema_kind::string:
        case schema_kind::enumeration:
            return value.is_string();
        case schema_kind::integer:
            return value.is_int64() || value.is_uint64();
        case schema_kind::number:
            return value.is_number();
        case schema_kind::boolean:
            return value.is_bool();
        case schema_kind::null:
            return value.is_null();
        case schema_kind::array:
            return value.is_array();
        case schema_kind::object:
            return value.is_object();
        case schema_kind::any:
        case schema_kind::alternate:
            break;
    }
    return true;
}

/// An enumeration is a string to JSON.
char const* name_of(schema_kind kind)
{
    return to_string(kind == schema_kind::enumeration ? schema_kind::string : kind);
}

std::string quoted(std::string_view text)
{
    constexpr std::size_t most = 60;
    return '"' + std::string(text.substr(0, most)) + (text.size() > most ? "..." : "") + '"';
}

/// `: expected a, b or c`, if the list is short.
std::string expected_one_of(std::vector<std::string> const& values)
{
    constexpr std::size_t most = 8;
    if (values.empty() || values.size() > most)
        return {};
    std::string result = ": expected ";
    for (std::string const& each : values) {
        bool const is_first = &each == &values.front();
        bool const is_last = &each == &values.back();
        result += (is_first ? "" : is_last ? " or " : ", ") + each;
    }
    return result;
}

}  // namespace

std::optional<schema_problem> command_check::run()
{
    schema_tables::entry const* const known = tables_.find(tables_.commands, command_.name());
    schema_tables::type const& type = tables_.types[known->arguments];
    value_place const whole(command_.name());
    // A type that the schema does not explain accepts everything.
    if (type.kind == schema_kind::object)
        check_object(known->arguments, command_.arguments(), whole, 0, tables_.takes_more_arguments(*known));
    return std::move(problem_);
}

void command_check::check_value(index which, json::value const& value, value_place const& where, std::size_t depth)
{
    schema_tables::type const& type = tables_.types[which];
    if (depth > most_levels)
        return report(schema_problem_kind::too_deep, where, "nested more deeply than 1,024 levels");
    if (!fits(type.kind, value))
        return report(schema_problem_kind::wrong_type, where, std::string("not ") + name_of(type.kind));
    if (type.kind == schema_kind::enumeration)
        check_enumeration(type, value, where);
    else if (type.kind == schema_kind::alternate)
        check_alternate(type, value, where, depth);
    else if (type.kind == schema_kind::object)
        check_object(which, value.get_object(), where, depth, false);
    else if (type.kind == schema_kind::array)
        for (std::size_t at = 0; at < value.get_array().size() && !problem_; ++at)
            check_value(type.element, value.get_array()[at], value_place(where, at), depth + 1);
}

void command_check::check_enumeration(schema_tables::type const& type, json::value const& value, value_place const& where)
{
    std::string_view const word = value.get_string();
    if (tables_.find_member(type, word) != nullptr)
        return;
    std::vector<std::string> values;
    for (schema_tables::member const& each : tables_.members_of(type))
        values.emplace_back(tables_.text(each.name));
    std::vector<std::string> suggestions = similar_names(word, values);
    std::string reason = "unknown value " + quoted(word) + (suggestions.empty() ? expected_one_of(values) : "");
    report(schema_problem_kind::unknown_value, where, std::move(reason), std::move(suggestions));
}

void command_check::check_alternate(schema_tables::type const& type, json::value const& value, value_place const& where,
                                    std::size_t depth)
{
    std::vector<std::string> kinds;
    for (schema_tables::member const& each : tables_.members_of(type)) {
        schema_kind const kind = tables_.types[each.type].kind;
        if (kind == schema_kind::alternate)  // QAPI has none, and they could go in circles
            return;
        if (fits(kind, value))
            return check_value(each.type, value, where, depth);
        kinds.emplace_back(name_of(kind));
    }
    if (kinds.empty())
        return;
    std::string reason = "not " + kinds.front();
    for (std::size_t at = 1; at < kinds.size(); ++at)
        reason += (at + 1 == kinds.size() ? " or " : ", ") + kinds[at];
    report(schema_problem_kind::wrong_type, where, std::move(reason));
}

/// What an object with these tags may contain. Reports a tag that is missing or wrong.
command_check::member_list command_check::members_for(index which, json::object const& given, value_place const& where)
{
    member_list result;
    for (int level = 0; level <= most_unions_in_unions; ++level) {
        schema_tables::type const& type = tables_.types[which];
        for (schema_tables::member const& each : tables_.members_of(type))
            result.push_back({&each, !each.optional});
        std::string_view const tag = tables_.text(type.tag);
        schema_tables::member const* const chooser = tag.empty() ? nullptr : tables_.find_member(type, tag);
        if (chooser == nullptr)
            break;
        json::value const* const chosen = given.if_contains(json::string_view(tag));
        if (chosen != nullptr)
            check_value(chooser->type, *chosen, value_place(where, tag), 0);
        else if (!chooser->optional)
            report(schema_problem_kind::missing_member, value_place(where, tag), "missing");
        else  // the schema does not say which variant is the default
            for (schema_tables::variant const& variant : tables_.variants_of(type))
                for (schema_tables::member const& each : tables_.members_of(tables_.types[variant.type]))
                    result.push_back({&each, false});
        if (chosen == nullptr || !chosen->is_string())
            break;
        which = tables_.find_variant(type, std::string_view(chosen->get_string()));
        if (tables_.types[which].kind != schema_kind::object)
            break;
    }
    return result;
}

void command_check::check_object(index type, json::object const& given, value_place const& where, std::size_t depth, bool is_open)
{
    member_list const possible = members_for(type, given, where);
    if (!is_open && !problem_)
        report_unknown(type, possible, given, where);
    for (auto const& [each, is_required] : possible) {
        if (problem_)
            return;
        std::string_view const name = tables_.text(each->name);
        json::value const* const value = given.if_contains(json::string_view(name));
        if (value != nullptr)
            check_value(each->type, *value, value_place(where, name), depth + 1);
        else if (is_required)
            report(schema_problem_kind::missing_member, value_place(where, name), "missing");
    }
}

void command_check::report_unknown(index which, member_list const& possible, json::object const& given, value_place const& where)
{
    for (json::key_value_pair const& each : given) {
        std::string_view const key = each.key();
        if (std::any_of(possible.begin(), possible.end(),
                        [&](possible_member const& known) { return tables_.text(known.member->name) == key; }))
            continue;
        schema_tables::type const& type = tables_.types[which];
        value_place const there(where, key);
        std::string_view const tag = tables_.text(type.tag);
        json::value const* const chosen = tag.empty() ? nullptr : given.if_contains(json::string_view(tag));
        auto const variants = tables_.variants_of(type);
        bool const is_of_other_variant =
            std::any_of(variants.begin(), variants.end(), [&](schema_tables::variant const& variant) {
                return tables_.find_member(tables_.types[variant.type], key) != nullptr;
            });
        if (is_of_other_variant && chosen != nullptr && chosen->is_string())
            return report(schema_problem_kind::unknown_member, there,
                          "not possible when " + std::string(tag) + " is " + quoted(chosen->get_string()));
        std::vector<std::string> names;
        for (possible_member const& known : possible)
            if (!given.contains(json::string_view(tables_.text(known.member->name))))
                names.emplace_back(tables_.text(known.member->name));
        return report(schema_problem_kind::unknown_member, there, where.outer == nullptr ? "unknown argument" : "unknown member",
                      similar_names(key, names));
    }
}

void command_check::report(schema_problem_kind kind, value_place const& where, std::string reason,
                           std::vector<std::string> suggestions)
{
    if (!problem_)
        problem_ = schema_problem{kind, command_.name(), path_to(where), std::move(reason), std::move(suggestions)};
}

}  // namespace coqmp::detail
