#include "detail/print_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <cmath>
#include <utility>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

void append(std::string& output, json::value const& value);

void append(std::string& output, json::object const& object)
{
    char separator = '{';
    for (json::key_value_pair const& each : object) {
        output += std::exchange(separator, ',');
        output += json::serialize(each.key());
        output += ':';
        append(output, each.value());
    }
    output += separator == '{' ? "{}" : "}";
}

void append(std::string& output, json::array const& array)
{
    char separator = '[';
    for (json::value const& each : array) {
        output += std::exchange(separator, ',');
        append(output, each);
    }
    output += separator == '[' ? "[]" : "]";
}

void append(std::string& output, json::value const& value)
{
    if (json::object const* members = value.if_object())
        append(output, *members);
    else if (json::array const* elements = value.if_array())
        append(output, *elements);
    else if (value.is_double() && std::isinf(value.get_double()))
        output += value.get_double() < 0 ? "-1e999" : "1e999";  // Boost.JSON prints a word
    else
        output += json::serialize(value);
}

}  // namespace

std::string json_text(json::value const& value)
{
    std::string result;
    append(result, value);
    return result;
}

std::string json_text(json::object const& object)
{
    std::string result;
    append(result, object);
    return result;
}

}  // namespace coqmp::detail
