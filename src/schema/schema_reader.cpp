// All types get their index before any of them is filled in, because they refer to each other, in circles too.
#include "schema/schema_reader.hpp"

#include "detail/json_access.hpp"

#include <coqmp/unexpected_value.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

[[noreturn]] void reject(std::string reason)
{
    throw unexpected_value("query-qmp-schema", {}, std::move(reason));
}

json::array const& array_in(json::object const& from, json::string_view key)
{
    static json::array const none;
    json::value const* const found = from.if_contains(key);
    return found != nullptr && found->is_array() ? found->get_array() : none;
}

/// Calls `use` with each element that is an object.
template <class Use>
void for_each_object(json::array const& elements, Use use)
{
    for (json::value const& each : elements)
        if (json::object const* const members = each.if_object())
            use(*members);
}

/// QEMU's names are letters, digits, hyphens, underscores and full stops.
bool is_name(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char each) { return each > ' ' && each < 0x7f; });
}

schema_kind builtin_kind(std::string_view json_type)
{
    constexpr std::pair<std::string_view, schema_kind> kinds[] = {
        {"string", schema_kind::string},   {"int", schema_kind::integer}, {"number", schema_kind::number},
        {"boolean", schema_kind::boolean}, {"null", schema_kind::null},   {"value", schema_kind::any}};
    auto const* const found =
        std::find_if(std::begin(kinds), std::end(kinds), [&](auto const& each) { return each.first == json_type; });
    return found != std::end(kinds) ? found->second : schema_kind::any;
}

class schema_reader
{
public:
    explicit schema_reader(json::array const& entries) { read(entries); }

    [[nodiscard]] schema_tables result() && { return std::move(made_); }

private:
    using index = schema_tables::index;
    using range = schema_tables::range;

    void read(json::array const& entries)
    {
        made_.types.emplace_back();  // the unknown type
        for_each_object(entries, [this](json::object const& entry) { announce(entry); });
        for_each_object(entries, [this](json::object const& entry) {
            std::string_view const meta_type = text_in(entry, "meta-type");
            if (meta_type == "command")
                read_entry(entry, made_.commands);
            else if (meta_type == "event")
                read_entry(entry, made_.events);
        });
        for (auto const& [entry, type] : described_)
            fill_in(*entry, type);
        for (auto* const list : {&made_.commands, &made_.events})
            sort(*list);
        shrink();
    }

    /// A type may be called like a command or an event.
    void announce(json::object const& entry)
    {
        std::string_view const name = text_in(entry, "name");
        std::string_view const meta_type = text_in(entry, "meta-type");
        if (name.empty() || meta_type == "command" || meta_type == "event")
            return;
        if (known_.emplace(name, static_cast<index>(made_.types.size())).second) {
            described_.emplace_back(&entry, static_cast<index>(made_.types.size()));
            add(made_.types, {});
        }
    }

    [[nodiscard]] index named(std::string_view name) const
    {
        auto const found = known_.find(name);
        return found != known_.end() ? found->second : schema_tables::unknown_type;
    }

    void fill_in(json::object const& entry, index type)
    {
        schema_tables::type result;
        std::string_view const meta_type = text_in(entry, "meta-type");
        if (meta_type == "builtin") {
            result.kind = builtin_kind(text_in(entry, "json-type"));
        } else if (meta_type == "enum") {
            result.kind = schema_kind::enumeration;
            result.members = read_values(entry);
        } else if (meta_type == "array") {
            result.kind = schema_kind::array;
            result.element = named(text_in(entry, "element-type"));
        } else if (meta_type == "object") {
            result.kind = schema_kind::object;
            result.members = read_members(entry);
            if (std::string_view const tag = text_in(entry, "tag"); is_name(tag)) {
                result.tag = keep(tag);
                result.variants = read_variants(entry);
            }
        } else if (meta_type == "alternate") {
            result.kind = schema_kind::alternate;
            result.members = read_alternatives(entry);
        }
        made_.types[type] = result;
    }

    /// Required members come first.
    range read_members(json::object const& entry)
    {
        auto const first = static_cast<index>(made_.members.size());
        for (bool const optional : {false, true})
            for_each_object(array_in(entry, "members"), [&](json::object const& member) {
                std::string_view const name = text_in(member, "name");
                if (is_name(name) && member.contains("default") == optional)
                    add(made_.members, {keep(name), read_features(member), named(text_in(member, "type")), optional});
            });
        return since(first, made_.members.size());
    }

    /// QEMU 6.2 and later have `members`, which can have features; earlier ones have only `values`, later ones both.
    range read_values(json::object const& entry)
    {
        auto const first = static_cast<index>(made_.members.size());
        for_each_object(array_in(entry, "members"), [this](json::object const& value) {
            if (std::string_view const name = text_in(value, "name"); is_name(name))
                add(made_.members, {keep(name), read_features(value)});
        });
        if (made_.members.size() == first)
            for (json::value const& value : array_in(entry, "values"))
                if (json::string const* const name = value.if_string(); name != nullptr && is_name(*name))
                    add(made_.members, {keep(*name), range()});
        return since(first, made_.members.size());
    }

    range read_alternatives(json::object const& entry)
    {
        auto const first = static_cast<index>(made_.members.size());
        for_each_object(array_in(entry, "members"), [this](json::object const& alternative) {
            add(made_.members, {range(), range(), named(text_in(alternative, "type"))});
        });
        return since(first, made_.members.size());
    }

    range read_variants(json::object const& entry)
    {
        auto const first = static_cast<index>(made_.variants.size());
        for_each_object(array_in(entry, "variants"), [this](json::object const& variant) {
            if (std::string_view const value = text_in(variant, "case"); is_name(value))
                add(made_.variants, {keep(value), named(text_in(variant, "type"))});
        });
        return since(first, made_.variants.size());
    }

    range read_features(json::object const& entry)
    {
        auto const first = static_cast<index>(made_.features.size());
        for (json::value const& feature : array_in(entry, "features"))
            if (json::string const* const name = feature.if_string(); name != nullptr && is_name(*name))
                add(made_.features, keep(*name));
        return since(first, made_.features.size());
    }

    void read_entry(json::object const& entry, std::vector<schema_tables::entry>& list)
    {
        std::string_view const name = text_in(entry, "name");
        if (!is_name(name))
            return;
        json::value const* const out_of_band = entry.if_contains("allow-oob");
        add(list, {keep(name), read_features(entry), named(text_in(entry, "arg-type")), named(text_in(entry, "ret-type")),
                   out_of_band != nullptr && out_of_band->is_bool() && out_of_band->get_bool()});
    }

    /// The first of several entries of one name stays.
    void sort(std::vector<schema_tables::entry>& list)
    {
        std::map<std::string_view, schema_tables::entry> sorted;
        for (schema_tables::entry const& each : list)
            sorted.try_emplace(made_.text(each.name), each);
        list.clear();
        for (auto const& [name, each] : sorted)
            list.push_back(each);
    }

    /// Most names occur many times, and are kept once.
    range keep(std::string_view text)
    {
        auto const [found, is_new] = kept_.try_emplace(text);
        if (is_new) {
            if (made_.characters.size() + text.size() > most_schema_characters)
                reject("names of more than " + std::to_string(most_schema_characters) + " characters");
            found->second = {static_cast<index>(made_.characters.size()), static_cast<index>(text.size())};
            made_.characters += text;
        }
        return found->second;
    }

    template <class Entry>
    void add(std::vector<Entry>& list, Entry const& entry)
    {
        if (++entries_ > most_schema_entries)
            reject("more than " + std::to_string(most_schema_entries) + " entries");
        list.push_back(entry);
    }

    static range since(index first, std::size_t end) { return {first, static_cast<index>(end) - first}; }

    void shrink()
    {
        made_.characters.shrink_to_fit();
        made_.features.shrink_to_fit();
        made_.members.shrink_to_fit();
        made_.variants.shrink_to_fit();
        made_.types.shrink_to_fit();
        made_.commands.shrink_to_fit();
        made_.events.shrink_to_fit();
    }

    schema_tables made_;
    std::size_t entries_ = 0;
    std::unordered_map<std::string_view, index> known_;  ///< types by name
    std::vector<std::pair<json::object const*, index>> described_;
    std::unordered_map<std::string_view, range> kept_;
};

}  // namespace

schema_tables read_schema(json::value const& returned)
{
    json::array const* const entries = returned.if_array();
    if (entries == nullptr)
        reject("not an array");
    return schema_reader(*entries).result();
}

}  // namespace coqmp::detail
