#include "detail/print_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <cmath>
#include <utility>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

void append(std::string& output, json::value const& what);

void append(std::string& output, json::object const& what)
{
    char separator = '{';
    for (json::key_value_pair const& each : what) {
        output += std::exchange(separator, ',');
        output += json::serialize(each.key());
        output += ':';
        append(output, each.value());
    }
    output += separator == '{' ? "{}" : "}";
}

void append(std::string& output, json::array const& what)
{
    char separator = '[';
    for (json::value const& each : what) {
        output += std::exchange(separator, ',');
        append(output, each);
    }
    output += separator == '[' ? "[]" : "]";
}

void append(std::string& output, json::value const& what)
{
    if (json::object const* members = what.if_object())
        append(output, *members);
    else if (json::array const* elements = what.if_array())
        append(output, *elements);
    else if (what.is_double() && std::isinf(what.get_double()))
        output += what.get_double() < 0 ? "-1e999" : "1e999";  // Boost.JSON prints a word
    else
        output += json::serialize(what);
}

}  // namespace

std::string json_text(json::value const& what)
{
    std::string result;
    append(result, what);
    return result;
}

std::string json_text(json::object const& what)
{
    std::string result;
    append(result, what);
    return result;
}

}  // namespace coqmp::detail
