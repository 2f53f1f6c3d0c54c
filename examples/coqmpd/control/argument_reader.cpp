#include "control/argument_reader.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <stdexcept>

namespace coqmpd {

namespace {

constexpr std::int64_t longest_time = std::int64_t{60} * 60 * 24 * 365;

[[noreturn]] void refuse_type(std::string_view key, std::string_view expected)
{
    throw std::invalid_argument("Invalid parameter type for '" + std::string(key) + "', expected: " + std::string(expected));
}

}  // namespace

boost::json::value const* argument_reader::find(std::string_view key)
{
    read_.emplace(key);
    return arguments_.if_contains(key);
}

std::string argument_reader::text(std::string_view key)
{
    boost::json::value const* const found = find(key);
    if (found == nullptr)
        throw std::invalid_argument("Parameter '" + std::string(key) + "' is missing");
    if (!found->is_string())
        refuse_type(key, "string");
    return std::string(found->get_string());
}

bool argument_reader::flag(std::string_view key, bool otherwise)
{
    boost::json::value const* const found = find(key);
    if (found == nullptr)
        return otherwise;
    if (!found->is_bool())
        refuse_type(key, "boolean");
    return found->get_bool();
}

std::optional<std::chrono::seconds> argument_reader::seconds(std::string_view key)
{
    boost::json::value const* const found = find(key);
    if (found == nullptr)
        return std::nullopt;
    if (!found->is_int64() && !found->is_uint64())
        refuse_type(key, "integer");
    bool const is_in_range = found->is_int64() && found->get_int64() >= 0 && found->get_int64() <= longest_time;
    if (!is_in_range)
        throw std::invalid_argument("Parameter '" + std::string(key) + "' expects a number of seconds from 0 to a year");
    return std::chrono::seconds(found->get_int64());
}

void argument_reader::finish() const
{
    for (auto const& each : arguments_)
        if (!read_.contains(std::string_view(each.key())))
            throw std::invalid_argument("Parameter '" + std::string(each.key()) + "' is unexpected");
}

}  // namespace coqmpd
