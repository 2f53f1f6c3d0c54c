#include "proxy/event_choice.hpp"

#include "protocol/request_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <cstddef>
#include <utility>

namespace json = boost::json;

namespace coqmp::proxy {

namespace {

/// The memory that a choice may take, in bytes. The names of all events of QEMU 10.0 together have 1,300.
constexpr std::size_t longest_choice = 8192;
/// The memory that one name takes in addition to its characters.
constexpr std::size_t name_overhead = 64;

command_error wrong_type(std::string const& parameter, std::string_view expected)
{
    return {"GenericError", "Invalid parameter type for '" + parameter + "', expected: " + std::string(expected)};
}

}  // namespace

std::optional<command_error> event_choice::execute(json::object const& arguments)
{
    json::value const* const wanted = arguments.if_contains("names");
    std::optional<names> chosen;
    if (wanted != nullptr && !wanted->is_null())
        if (auto refused = read(*wanted, chosen.emplace()))
            return refused;
    for (json::key_value_pair const& each : arguments)
        if (each.key() != "names")
            return protocol::unexpected_argument(each.key());
    names_ = std::move(chosen);
    return std::nullopt;
}

std::optional<command_error> event_choice::read(json::value const& wanted, names& result)
{
    json::array const* const list = wanted.if_array();
    if (list == nullptr)
        return wrong_type("names", "array");
    std::size_t size = 0;
    for (std::size_t index = 0; index < list->size(); ++index) {
        json::string const* const name = (*list)[index].if_string();
        if (name == nullptr)
            return wrong_type("names[" + std::to_string(index) + "]", "string");
        size += name->size() + name_overhead;
        if (size > longest_choice)
            return command_error{"GenericError", "Parameter 'names' is too long"};
        result.emplace(*name);
    }
    return std::nullopt;
}

}  // namespace coqmp::proxy
