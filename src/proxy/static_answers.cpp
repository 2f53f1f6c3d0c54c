#include "proxy/static_answers.hpp"

#include "protocol/ascii_json.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace coqmp::proxy {

namespace {

/// The longest of them, `query-qmp-schema`, keeps QEMU's main loop busy for more than 100 ms.
constexpr std::array<std::string_view, 5> static_commands{"query-commands", "query-name", "query-qmp-schema", "query-uuid",
                                                          "query-version"};

}  // namespace

bool static_answers::is_static(proxied_command const& asked) noexcept
{
    return asked.request.arguments().empty() && std::ranges::binary_search(static_commands, asked.request.name());
}

std::string const* static_answers::find(proxied_command const& asked) const
{
    if (!is_static(asked))
        return nullptr;
    auto const policy = by_policy_.find(asked.policy->name());
    if (policy == by_policy_.end())
        return nullptr;
    auto const text = policy->second.find(asked.request.name());
    return text == policy->second.end() ? nullptr : &text->second;
}

std::string const& static_answers::keep(proxied_command const& asked, boost::json::value&& answer)
{
    std::string text;
    protocol::append_ascii(text, answer);
    return by_policy_[asked.policy->name()].insert_or_assign(asked.request.name(), std::move(text)).first->second;
}

}  // namespace coqmp::proxy
