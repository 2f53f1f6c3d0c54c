// The rules and their words are as measured with QEMU 7.2.22 (`-M none`), including the parameter 'null' of an unknown capability. A
// negotiation that was refused has no effect and can be tried again.
#include "protocol/negotiation.hpp"

#include "protocol/request_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

constexpr std::string_view negotiating_command = "qmp_capabilities";

std::string_view name_of(json::value const& text) noexcept
{
    return {text.get_string().data(), text.get_string().size()};
}

command_error wrong_type(std::string_view parameter, std::string_view expected)
{
    return {"GenericError", "Invalid parameter type for '" + std::string(parameter) + "', expected: " + std::string(expected)};
}

bool holds(std::vector<std::string> const& names, std::string_view name) noexcept
{
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

bool negotiation::concerns(client_command const& command) const noexcept
{
    return !is_complete_ || command.name == negotiating_command;
}

std::optional<command_error> negotiation::execute(client_command const& command)
{
    if (command.name != negotiating_command)
        return command_error{"CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'"};
    if (command.out_of_band)
        return not_out_of_band(command.name);
    if (auto refusal = check_form(command.arguments))
        return refusal;
    if (is_complete_)
        return command_error{"CommandNotFound", "Capabilities negotiation is already complete, command ignored"};
    if (auto refusal = check_offer(command.arguments))
        return refusal;
    if (json::value const* wanted = command.arguments.if_contains("enable"))
        for (json::value const& each : wanted->get_array())
            enabled_.emplace_back(name_of(each));
    is_complete_ = true;
    return std::nullopt;
}

bool negotiation::has_enabled(std::string_view capability) const noexcept
{
    return holds(enabled_, capability);
}

/// Whether the arguments are those of the command. QEMU checks this even if the negotiation is complete already.
std::optional<command_error> negotiation::check_form(json::object const& arguments) const
{
    if (json::value const* wanted = arguments.if_contains("enable"))
        if (auto refusal = check_names(*wanted))
            return refusal;
    for (json::key_value_pair const& each : arguments)
        if (each.key() != "enable")
            return unexpected_argument(each.key());
    return std::nullopt;
}

/// Whether the capabilities are a list of names that QEMU (or this server) knows.
std::optional<command_error> negotiation::check_names(json::value const& wanted) const
{
    json::array const* const names = wanted.if_array();
    if (names == nullptr)
        return wrong_type("enable", "array");
    for (std::size_t index = 0; index < names->size(); ++index) {
        json::value const& each = (*names)[index];
        if (!each.is_string())
            return wrong_type("enable[" + std::to_string(index) + "]", "string");
        if (name_of(each) != "oob" && !holds(offered_, name_of(each)))
            return command_error{"GenericError", "Parameter 'null' does not accept value '" + std::string(name_of(each)) + "'"};
    }
    return std::nullopt;
}

/// Whether the greeting offered them all.
std::optional<command_error> negotiation::check_offer(json::object const& arguments) const
{
    json::value const* const wanted = arguments.if_contains("enable");
    if (wanted == nullptr)
        return std::nullopt;
    std::string missing;
    for (json::value const& each : wanted->get_array())
        if (!holds(offered_, name_of(each)))
            missing += (missing.empty() ? "" : ", ") + std::string(name_of(each));
    if (missing.empty())
        return std::nullopt;
    return command_error{"GenericError", "Capability " + missing + " not available"};
}

}  // namespace coqmp::protocol
