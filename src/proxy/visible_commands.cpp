#include "proxy/visible_commands.hpp"

#include "detail/json_access.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace json = boost::json;

namespace coqmp::proxy {

namespace {

/// An entry of `query-commands` has only a name; one of the schema says what it is.
bool is_command(json::object const& entry)
{
    return !entry.contains("meta-type") || detail::text_in(entry, "meta-type") == "command";
}

bool is_visible(json::value const& entry, monitor_policy const& policy)
{
    json::object const* const members = entry.if_object();
    return members != nullptr && (!is_command(*members) || policy.allows(detail::text_in(*members, "name")));
}

}  // namespace

bool lists_commands(std::string_view command) noexcept
{
    return command == "query-commands" || command == "query-qmp-schema";
}

json::value visible_commands(json::value const& answer, monitor_policy const& policy)
{
    json::array const* const entries = answer.if_array();
    if (entries == nullptr || policy.allows_everything())
        return json::value(answer, json::storage_ptr());  // in braces, an array of two
    json::array result;
    result.reserve(entries->size());
    for (json::value const& each : *entries)
        if (is_visible(each, policy))
            result.push_back(each);
    return result;
}

}  // namespace coqmp::proxy
