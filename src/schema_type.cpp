// Invariant: no function follows types in circles, and none takes long, however hostile the schema is: each has a limit of steps.
#include <coqmp/schema_type.hpp>

#include "schema/schema_tables.hpp"

#include <coqmp/schema_member.hpp>

#include <algorithm>
#include <span>

namespace coqmp {

namespace {

using detail::schema_tables;

constexpr std::size_t most_members = 10'000;
constexpr std::size_t most_steps = 50'000;  // QEMU's largest union, with all its variants, takes 800

/// Walks through the members of an object and of all its variants.
class member_walk
{
public:
    explicit member_walk(schema_tables const& tables) noexcept : tables_(tables) {}

    /// Calls `use` with each member and with its condition, as long as there are steps left.
    template <class Use>
    void run(schema_tables::index which, Use& use)
    {
        visit(which, std::nullopt, detail::most_unions_in_unions, use);
    }

private:
    template <class Use>
    void visit(schema_tables::index which, std::optional<schema_member::condition> when, int deeper, Use& use)
    {
        schema_tables::type const& type = tables_.types[which];
        if (type.kind != schema_kind::object)
            return;
        for (schema_tables::member const& each : tables_.members_of(type)) {
            if (!may_go_on())
                return;
            use(each, when);
        }
        if (deeper == 0)
            return;
        for (schema_tables::variant const& each : tables_.variants_of(type)) {
            if (!may_go_on())
                return;
            visit(each.type, schema_member::condition{tables_.text(type.tag), tables_.text(each.value)}, deeper - 1, use);
        }
    }

    bool may_go_on() noexcept
    {
        ++steps_;
        return steps_ <= most_steps;
    }

    schema_tables const& tables_;
    std::size_t steps_ = 0;
};

/// Types that still have to be searched for a path's rest, each only once.
class path_search
{
public:
    explicit path_search(schema_tables const& tables) noexcept : tables_(tables), walk_(tables) {}

    /// Calls `found` with each member that the path leads to.
    template <class Found>
    void run(schema_tables::index from, std::string_view path, Found found)
    {
        visit(from, path);
        // NOLINTNEXTLINE(modernize-loop-convert): the list grows meanwhile
        for (std::size_t at = 0; at < pending_.size(); ++at) {
            step const current = pending_[at];
            auto look = [&](schema_tables::member const& each, std::optional<schema_member::condition> when) {
                std::string_view const name = tables_.text(each.name);
                if (current.rest == name)
                    found(each, when);
                else if (current.rest.starts_with(name) && current.rest.substr(name.size()).starts_with('.'))
                    visit(each.type, current.rest.substr(name.size() + 1));
            };
            walk_.run(current.type, look);
        }
    }

private:
    struct step
    {
        schema_tables::index type;
        std::string_view rest;
    };

    void visit(schema_tables::index which, std::string_view rest)
    {
        which = innermost(which);
        schema_tables::type const& type = tables_.types[which];
        if (type.kind == schema_kind::object)
            add(which, rest);
        else if (type.kind == schema_kind::alternate)
            for (schema_tables::member const& each : tables_.members_of(type))
                add(innermost(each.type), rest);
    }

    /// The elements of an array, of an array of arrays, and so on.
    [[nodiscard]] schema_tables::index innermost(schema_tables::index which) const noexcept
    {
        constexpr int most_nested_arrays = 16;
        for (int steps = 0; steps < most_nested_arrays && tables_.types[which].kind == schema_kind::array; ++steps)
            which = tables_.types[which].element;
        return which;
    }

    void add(schema_tables::index which, std::string_view rest)
    {
        auto const known = std::any_of(pending_.begin(), pending_.end(),
                                       [&](step const& each) { return each.type == which && each.rest.size() == rest.size(); });
        if (!known && pending_.size() < most_pending)
            pending_.push_back({which, rest});
    }

    static constexpr std::size_t most_pending = 1'000;

    schema_tables const& tables_;
    member_walk walk_;
    std::vector<step> pending_;
};

}  // namespace

schema_kind schema_type::kind() const noexcept
{
    return tables_ != nullptr ? tables_->types[index_].kind : schema_kind::any;
}

std::vector<std::string> schema_type::values() const
{
    std::vector<std::string> result;
    if (kind() == schema_kind::enumeration)
        for (schema_tables::member const& each : tables_->members_of(tables_->types[index_]))
            result.emplace_back(tables_->text(each.name));
    return result;
}

bool schema_type::has_value(std::string_view value) const noexcept
{
    schema_type const words = as(schema_kind::enumeration);
    return words && tables_->find_member(tables_->types[words.index_], value) != nullptr;
}

bool schema_type::value_has_feature(std::string_view value, std::string_view feature) const noexcept
{
    schema_type const words = as(schema_kind::enumeration);
    auto const* const found = words ? tables_->find_member(tables_->types[words.index_], value) : nullptr;
    return found != nullptr && tables_->has_feature(found->features, feature);
}

schema_type schema_type::element() const noexcept
{
    return kind() == schema_kind::array ? schema_type(tables_, tables_->types[index_].element) : schema_type();
}

std::vector<schema_type> schema_type::alternatives() const
{
    std::vector<schema_type> result;
    if (kind() == schema_kind::alternate)
        for (schema_tables::member const& each : tables_->members_of(tables_->types[index_]))
            result.push_back({tables_, each.type});
    return result;
}

schema_type schema_type::as(schema_kind wanted) const noexcept
{
    if (kind() == wanted)
        return *this;
    if (kind() == schema_kind::alternate)
        for (schema_tables::member const& each : tables_->members_of(tables_->types[index_]))
            if (tables_->types[each.type].kind == wanted)
                return {tables_, each.type};
    return {};
}

std::vector<schema_member> schema_type::members() const
{
    std::vector<schema_member> result;
    if (kind() == schema_kind::object) {
        auto const range = tables_->types[index_].members;
        for (std::size_t each = range.first; each < range.first + range.count; ++each)
            result.push_back({tables_, each, std::nullopt});
    }
    return result;
}

std::vector<schema_member> schema_type::all_members() const
{
    std::vector<schema_member> result;
    if (tables_ == nullptr)
        return result;
    auto take = [&](schema_tables::member const& each, std::optional<schema_member::condition> when) {
        if (result.size() < most_members)
            result.push_back({tables_, static_cast<std::size_t>(&each - tables_->members.data()), when});
    };
    member_walk(*tables_).run(static_cast<schema_tables::index>(index_), take);
    return result;
}

std::string_view schema_type::tag() const noexcept
{
    return tables_ != nullptr ? tables_->text(tables_->types[index_].tag) : std::string_view();
}

schema_type schema_type::variant(std::string_view value) const noexcept
{
    return tables_ != nullptr ? schema_type(tables_, tables_->find_variant(tables_->types[index_], value)) : schema_type();
}

std::vector<schema_member> schema_type::find_members(std::string_view path) const
{
    std::vector<schema_member> result;
    if (tables_ == nullptr)
        return result;
    auto const take = [&](schema_tables::member const& each, std::optional<schema_member::condition> when) {
        if (result.size() < most_members)
            result.push_back({tables_, static_cast<std::size_t>(&each - tables_->members.data()), when});
    };
    path_search(*tables_).run(static_cast<schema_tables::index>(index_), path, take);
    return result;
}

bool schema_type::has_member(std::string_view path) const
{
    return !find_members(path).empty();
}

}  // namespace coqmp
