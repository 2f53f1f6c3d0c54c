// The checks and their words are as measured with QEMU 7.2.22 (`-M none`).
#include "protocol/request_check.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

command_error generic_error(std::string description)
{
    return {"GenericError", std::move(description)};
}

command_error wrong_member(std::string_view name, std::string_view what)
{
    return generic_error("QMP input member '" + std::string(name) + "' " + std::string(what));
}

bool is_known(std::string_view member, bool out_of_band) noexcept
{
    return member == "execute" || member == "arguments" || member == "id" || (member == "exec-oob" && out_of_band);
}

}  // namespace

bool overtakes_others(json::value const& received) noexcept
{
    json::object const* members = received.if_object();
    return members != nullptr && members->contains("exec-oob") && !members->contains("execute");
}

std::variant<client_command, command_error> check_request(json::value&& received, bool out_of_band)
{
    json::object* members = received.if_object();
    if (members == nullptr)
        return generic_error("QMP input must be a JSON object");
    for (json::key_value_pair const& each : *members)
        if (!is_known(each.key(), out_of_band))
            return wrong_member(each.key(), "is unexpected");
    json::value const* const urgent = members->if_contains("exec-oob");
    json::value const* const ordinary = members->if_contains("execute");
    if (urgent != nullptr && !urgent->is_string())
        return wrong_member("exec-oob", "must be a string");
    if (ordinary != nullptr && !ordinary->is_string())
        return wrong_member("execute", "must be a string");
    if (urgent != nullptr && ordinary != nullptr)
        return wrong_member("execute", "clashes with 'exec-oob'");
    json::value* const arguments = members->if_contains("arguments");
    if (arguments != nullptr && !arguments->is_object())
        return wrong_member("arguments", "must be an object");
    if (urgent == nullptr && ordinary == nullptr)
        return generic_error("QMP input lacks member 'execute'");
    client_command result;
    result.name = (urgent != nullptr ? urgent : ordinary)->get_string();
    result.out_of_band = urgent != nullptr;
    if (arguments != nullptr)
        result.arguments = std::move(arguments->get_object());
    return result;
}

command_error unknown_command(std::string_view name)
{
    return {"CommandNotFound", "The command " + std::string(name) + " has not been found"};
}

command_error not_out_of_band(std::string_view name)
{
    return generic_error("The command " + std::string(name) + " does not support OOB");
}

command_error unexpected_argument(std::string_view name)
{
    return generic_error("Parameter '" + std::string(name) + "' is unexpected");
}

}  // namespace coqmp::protocol
