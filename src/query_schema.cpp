#include <coqmp/query_schema.hpp>

#include "schema/schema_cache.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_failed.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <sstream>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmp {

namespace {

constexpr std::size_t longest_key = 1'000;  // a peer can claim to be of a version of any length

using execution = asio::awaitable<json::value>;

detail::schema_cache& shared_cache()
{
    static detail::schema_cache cache;
    return cache;
}

/// @return empty: the peer has no target, as qemu-storage-daemon, which has the version of QEMU and another schema
asio::awaitable<std::string> target_of(execution query)
{
    json::value answer;
    try {
        answer = co_await std::move(query);
    } catch (command_failed const&) {  // not a target
    }
    json::object const* const members = answer.if_object();
    json::value const* const found = members != nullptr ? members->if_contains("arch") : nullptr;
    co_return found != nullptr && found->is_string() ? std::string(found->get_string().c_str()) : std::string();
}

// Both executions are made from the session in advance, and only those that are awaited send something.
asio::awaitable<schema> cached_schema(std::string version, execution target_query, execution schema_query)
{
    std::string key = co_await target_of(std::move(target_query));
    key += ' ' + version;
    bool const is_kept = key.size() <= longest_key;
    schema result = is_kept ? shared_cache().find(key) : schema();
    if (result.empty()) {
        json::value const returned = co_await std::move(schema_query);
        result = schema(returned);
        if (is_kept)
            result = shared_cache().keep(key, std::move(result));
    }
    co_return result;
}

asio::awaitable<schema> own_schema(execution schema_query)
{
    json::value const returned = co_await std::move(schema_query);
    co_return schema(returned);
}

}  // namespace

asio::awaitable<schema> query_schema(session& from, schema_source source)
{
    execution schema_query = from.execute("query-qmp-schema");
    if (source == schema_source::this_qemu)
        return own_schema(std::move(schema_query));
    std::ostringstream version;
    version << from.greeting().version;
    return cached_schema(std::move(version).str(), from.execute("query-target"), std::move(schema_query));
}

}  // namespace coqmp
