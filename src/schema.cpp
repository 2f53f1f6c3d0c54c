#include <coqmp/schema.hpp>

#include "schema/command_check.hpp"
#include "schema/schema_reader.hpp"
#include "schema/schema_tables.hpp"

#include <coqmp/command.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/similar_names.hpp>
#include <coqmp/unexpected_value.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace json = boost::json;

namespace coqmp {

namespace {

using detail::schema_tables;

template <class View>
std::vector<std::string> names_of(std::vector<View> const& views)
{
    std::vector<std::string> result;
    result.reserve(views.size());
    for (View const& each : views)
        result.emplace_back(each.name());
    return result;
}

}  // namespace

schema::schema(json::value const& returned) : tables_(std::make_shared<schema_tables const>(detail::read_schema(returned))) {}

schema schema::parse(std::string_view text)
{
    boost::system::error_code error;
    json::value const parsed = json::parse(json::string_view(text), error);
    if (error)
        throw unexpected_value("query-qmp-schema", {}, "not JSON: " + error.message());
    json::object const* const reply = parsed.if_object();
    json::value const* const returned = reply != nullptr ? reply->if_contains("return") : nullptr;
    return schema(returned != nullptr ? *returned : parsed);
}

schema schema::load(std::string const& file)
{
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (!in.is_open() || in.peek() == std::ifstream::traits_type::eof())
        throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), "cannot read the schema " + file);
    text << in.rdbuf();
    return parse(std::move(text).str());
}

bool schema::empty() const noexcept
{
    return tables_ == nullptr || (tables_->commands.empty() && tables_->events.empty());
}

std::vector<schema_command> schema::commands() const
{
    std::vector<schema_command> result;
    for (std::size_t index = 0; tables_ != nullptr && index < tables_->commands.size(); ++index)
        result.push_back({tables_, index});
    return result;
}

std::vector<schema_event> schema::events() const
{
    std::vector<schema_event> result;
    for (std::size_t index = 0; tables_ != nullptr && index < tables_->events.size(); ++index)
        result.push_back({tables_, index});
    return result;
}

std::vector<std::string> schema::command_names() const
{
    return names_of(commands());
}

std::vector<std::string> schema::event_names() const
{
    return names_of(events());
}

std::optional<schema_command> schema::find_command(std::string_view name) const
{
    auto const* const found = tables_ != nullptr ? tables_->find(tables_->commands, name) : nullptr;
    if (found == nullptr)
        return std::nullopt;
    return schema_command(tables_, static_cast<std::size_t>(found - tables_->commands.data()));
}

std::optional<schema_event> schema::find_event(std::string_view name) const
{
    auto const* const found = tables_ != nullptr ? tables_->find(tables_->events, name) : nullptr;
    if (found == nullptr)
        return std::nullopt;
    return schema_event(tables_, static_cast<std::size_t>(found - tables_->events.data()));
}

bool schema::has_command(std::string_view name) const noexcept
{
    return tables_ != nullptr && tables_->find(tables_->commands, name) != nullptr;
}

bool schema::has_argument(std::string_view command, std::string_view path) const
{
    auto const found = find_command(command);
    return found && found->arguments().has_member(path);
}

bool schema::has_value(std::string_view command, std::string_view path, std::string_view value) const
{
    auto const found = find_command(command);
    auto const members = found ? found->arguments().find_members(path) : std::vector<schema_member>();
    return std::any_of(members.begin(), members.end(), [value](schema_member const& each) {
        return each.type().has_value(value) || each.type().element().has_value(value);
    });
}

bool schema::has_event(std::string_view name) const noexcept
{
    return tables_ != nullptr && tables_->find(tables_->events, name) != nullptr;
}

bool schema::has_event_member(std::string_view event, std::string_view path) const
{
    auto const found = find_event(event);
    return found && found->data().has_member(path);
}

bool schema::has_feature(std::string_view command, std::string_view feature) const noexcept
{
    auto const* const found = tables_ != nullptr ? tables_->find(tables_->commands, command) : nullptr;
    return found != nullptr && tables_->has_feature(found->features, feature);
}

bool schema::has_feature(std::string_view command, std::string_view path, std::string_view feature) const
{
    auto const found = find_command(command);
    auto const members = found ? found->arguments().find_members(path) : std::vector<schema_member>();
    return std::any_of(members.begin(), members.end(),
                       [feature](schema_member const& each) { return each.has_feature(feature); });
}

std::optional<schema_problem> schema::check(command const& request) const
{
    if (empty())
        return std::nullopt;
    auto const found = find_command(request.name());
    if (!found)
        return schema_problem{schema_problem_kind::unknown_command,
                              request.name(),
                              {},
                              "unknown command",
                              similar_names(request.name(), command_names())};
    if (request.is_out_of_band() && !found->allows_out_of_band())
        return schema_problem{schema_problem_kind::not_out_of_band, request.name(), {}, "cannot be sent out of band", {}};
    return detail::command_check(*tables_, request).run();
}

std::optional<schema_problem> schema::check(event_filter const& filter) const
{
    if (empty())
        return std::nullopt;
    for (std::string const& name : filter.names())
        if (!has_event(name))
            return schema_problem{
                schema_problem_kind::unknown_event, name, {}, "unknown event", similar_names(name, event_names())};
    std::vector<std::string> const names = filter.names().empty() ? event_names() : filter.names();
    for (auto const& [member, value] : filter.members()) {
        if (std::any_of(names.begin(), names.end(), [&](std::string const& name) { return has_event_member(name, member); }))
            continue;
        schema_problem problem{
            schema_problem_kind::unknown_member, filter.names().empty() ? "events" : names.front(), member, "unknown member", {}};
        if (names.size() == 1)
            problem.suggestions = similar_names(member, names_of(find_event(names.front())->data().all_members()));
        return problem;
    }
    return std::nullopt;
}

std::size_t schema::memory() const noexcept
{
    if (tables_ == nullptr)
        return 0;
    schema_tables const& all = *tables_;
    auto const size_of = [](auto const& table) { return table.capacity() * sizeof(table.front()); };
    return sizeof(all) + size_of(all.characters) + size_of(all.features) + size_of(all.members) + size_of(all.variants) +
           size_of(all.types) + size_of(all.commands) + size_of(all.events);
}

}  // namespace coqmp
