#include "proxy/answer_cache.hpp"

#include "protocol/ascii_json.hpp"
#include "proxy/visible_commands.hpp"

#include <algorithm>
#include <iterator>

namespace json = boost::json;

namespace coqmp::proxy {

namespace {

constexpr std::string_view constant_commands[] = {
    "query-commands", "query-name", "query-qmp-schema", "query-uuid", "query-version",
};

}  // namespace

bool answer_cache::is_constant(std::string_view command, json::object const& arguments) noexcept
{
    return arguments.empty() && std::ranges::find(constant_commands, command) != std::end(constant_commands);
}

std::string_view answer_cache::find(std::string_view command, json::object const& arguments) const noexcept
{
    if (!is_constant(command, arguments))
        return {};
    auto const found = texts_.find(command);
    return found != texts_.end() ? std::string_view(found->second) : std::string_view();
}

std::string_view answer_cache::store(std::string_view command, json::value const& answer)
{
    std::string text;
    if (lists_commands(command))
        protocol::append_ascii(text, visible_commands(answer, policy_));
    else
        protocol::append_ascii(text, answer);
    return texts_.insert_or_assign(std::string(command), std::move(text)).first->second;
}

}  // namespace coqmp::proxy
