// Reads SchemaInfo. Names are made safe for a terminal here, where they enter the program. All types are created before any is
// filled in, because they refer to each other, in cycles too.
#include "language/schema.hpp"

#include "language/json_access.hpp"
#include "language/read/unicode.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <iterator>
#include <unordered_map>

namespace json = boost::json;

namespace qmp_shell {

namespace {

/// A union's variant may be a union itself. QEMU stops at two; a damaged schema could go round in circles.
constexpr int most_unions_in_unions = 4;
constexpr std::size_t most_members = 10'000;

json::array const& array_of(json::object const& from, json::string_view key)
{
    static json::array const none;
    json::value const* found = from.if_contains(key);
    json::array const* items = found != nullptr ? found->if_array() : nullptr;
    return items != nullptr ? *items : none;
}

/// A name in the form in which it is shown and completed. QEMU's own names stay unchanged.
std::string name_in(json::object const& from, std::string_view key)
{
    return in_one_line(text_in(from, key));
}

bool has_feature(json::object const& entry, json::string_view name)
{
    json::array const& features = array_of(entry, "features");
    return std::any_of(features.begin(), features.end(), [name](json::value const& feature) {
        json::string const* text = feature.if_string();
        return text != nullptr && *text == name;
    });
}

kind builtin_kind(std::string_view json_type)
{
    static std::map<std::string_view, kind> const kinds = {{"string", kind::string}, {"number", kind::number},
                                                           {"int", kind::integer},   {"boolean", kind::boolean},
                                                           {"null", kind::null},     {"value", kind::any}};
    auto const found = kinds.find(json_type);
    return found != kinds.end() ? found->second : kind::any;
}

/// Calls `use` with each item that is an object.
template <class Use>
void for_each_object(json::array const& items, Use use)
{
    for (json::value const& item : items)
        if (json::object const* entry = item.if_object(); entry != nullptr)
            use(*entry);
}

/// Makes types of what describes them; its names are views of that.
class type_maker
{
public:
    explicit type_maker(std::vector<std::unique_ptr<type>>& types) : types_(types), unknown_(make()) {}

    void announce(json::object const& entry)
    {
        std::string_view const name = text_in(entry, "name");
        if (!name.empty())
            known_.emplace(name, described{&entry, make()});
    }

    void fill_in()
    {
        for (auto& [name, what] : known_)
            fill_in(*what.entry, *what.made);
    }

    [[nodiscard]] type const* named(std::string_view name) const
    {
        auto const found = known_.find(name);
        return found != known_.end() ? found->second.made : unknown_;
    }

private:
    struct described
    {
        json::object const* entry;
        type* made;
    };

    type* make() { return types_.emplace_back(std::make_unique<type>()).get(); }

    void fill_in(json::object const& entry, type& made) const
    {
        std::string_view const meta_type = text_in(entry, "meta-type");
        if (meta_type == "builtin") {
            made.kind = builtin_kind(text_in(entry, "json-type"));
        } else if (meta_type == "enum") {
            made.kind = kind::enumeration;
            read_values(entry, made);
        } else if (meta_type == "array") {
            made.kind = kind::array;
            made.element = named(text_in(entry, "element-type"));
        } else if (meta_type == "object") {
            made.kind = kind::object;
            made.discriminator = name_in(entry, "tag");
            read_members(entry, std::nullopt, made.members);
            read_variants(entry, most_unions_in_unions, made.members);
        } else if (meta_type == "alternate") {
            made.kind = kind::alternate;
            for_each_object(array_of(entry, "members"), [&](json::object const& alternative) {
                made.alternatives.push_back(named(text_in(alternative, "type")));
            });
        }
    }

    /// QEMU 6.2 and later have `members`, which can have features; earlier ones have only `values`, later ones both.
    static void read_values(json::object const& entry, type& made)
    {
        for_each_object(array_of(entry, "members"),
                        [&](json::object const& value) { made.values.push_back(name_in(value, "name")); });
        if (made.values.empty())
            for (json::value const& value : array_of(entry, "values"))
                if (json::string const* text = value.if_string(); text != nullptr)
                    made.values.push_back(in_one_line(std::string_view(*text)));
        std::erase(made.values, std::string());
    }

    void read_members(json::object const& entry, std::optional<std::pair<std::string, std::string>> const& when,
                      std::vector<member>& members) const
    {
        std::vector<member> optional;
        for_each_object(array_of(entry, "members"), [&](json::object const& description) {
            member made;
            made.name = name_in(description, "name");
            made.what = named(text_in(description, "type"));
            made.optional = description.contains("default");
            made.deprecated = has_feature(description, "deprecated");
            made.unstable = has_feature(description, "unstable");
            made.when = when;
            if (!made.name.empty())
                (made.optional ? optional : members).push_back(std::move(made));
        });
        std::move(optional.begin(), optional.end(), std::back_inserter(members));
    }

    void read_variants(json::object const& entry, int deeper, std::vector<member>& members) const
    {
        std::string const tag = name_in(entry, "tag");
        if (tag.empty() || deeper == 0)
            return;
        for_each_object(array_of(entry, "variants"), [&](json::object const& variant) {
            auto const found = known_.find(text_in(variant, "type"));
            if (found == known_.end() || members.size() > most_members)
                return;
            json::object const& description = *found->second.entry;
            read_members(description, std::pair(tag, name_in(variant, "case")), members);
            read_variants(description, deeper - 1, members);
        });
    }

    std::vector<std::unique_ptr<type>>& types_;
    type const* unknown_;
    std::unordered_map<std::string_view, described> known_;
};

command_entry read_command(json::object const& entry, type_maker const& types)
{
    command_entry result;
    result.name = name_in(entry, "name");
    result.arguments = types.named(text_in(entry, "arg-type"));
    result.returns = types.named(text_in(entry, "ret-type"));
    json::value const* out_of_band = entry.if_contains("allow-oob");
    result.out_of_band = out_of_band != nullptr && out_of_band->is_bool() && out_of_band->get_bool();
    result.deprecated = has_feature(entry, "deprecated");
    result.unstable = has_feature(entry, "unstable");
    return result;
}

template <class Entry>
std::vector<std::string> names_of(std::map<std::string, Entry, std::less<>> const& entries)
{
    std::vector<std::string> result;
    for (auto const& [name, entry] : entries)
        result.push_back(name);
    return result;
}

template <class Entry>
Entry const* find_entry(std::map<std::string, Entry, std::less<>> const& entries, std::string_view name)
{
    auto const found = entries.find(name);
    return found != entries.end() ? &found->second : nullptr;
}

}  // namespace

type const* find_alternative(type const& what, kind wanted)
{
    auto const found = std::find_if(what.alternatives.begin(), what.alternatives.end(),
                                    [wanted](type const* each) { return each != nullptr && each->kind == wanted; });
    return found != what.alternatives.end() ? *found : nullptr;
}

type const* as_kind(type const* what, kind wanted)
{
    return what == nullptr || what->kind != kind::alternate ? what : find_alternative(*what, wanted);
}

schema::schema(json::value const& reply)
{
    json::array const* entries = reply.if_array();
    if (entries == nullptr)
        return;
    // Commands and events have names of their own kind: a type may be called like one of them.
    std::vector<json::object const*> commands;
    std::vector<json::object const*> events;
    type_maker types(types_);
    for_each_object(*entries, [&](json::object const& entry) {
        std::string_view const meta_type = text_in(entry, "meta-type");
        if (name_in(entry, "name").empty())
            return;
        if (meta_type == "command")
            commands.push_back(&entry);
        else if (meta_type == "event")
            events.push_back(&entry);
        else
            types.announce(entry);
    });
    types.fill_in();
    for (json::object const* entry : commands)
        commands_.emplace(name_in(*entry, "name"), read_command(*entry, types));
    for (json::object const* entry : events)
        events_.emplace(name_in(*entry, "name"), event_entry{name_in(*entry, "name"), types.named(text_in(*entry, "arg-type"))});
}

schema::schema(schema&&) noexcept = default;
schema& schema::operator=(schema&&) noexcept = default;
schema::~schema() = default;

bool schema::empty() const noexcept
{
    return commands_.empty() && events_.empty();
}

command_entry const* schema::find_command(std::string_view name) const
{
    return find_entry(commands_, name);
}

event_entry const* schema::find_event(std::string_view name) const
{
    return find_entry(events_, name);
}

std::vector<std::string> schema::command_names() const
{
    return names_of(commands_);
}

std::vector<std::string> schema::event_names() const
{
    return names_of(events_);
}

}  // namespace qmp_shell
