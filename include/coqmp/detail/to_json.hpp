// Makes a JSON value of what a caller writes.
#ifndef COQMP_DETAIL_TO_JSON_HPP
#define COQMP_DETAIL_TO_JSON_HPP

#include <boost/json/value.hpp>

#include <concepts>
#include <string_view>
#include <utility>

namespace coqmp::detail {

template <class Value>
boost::json::value to_json(Value&& value)
{
    // A std::string becomes JSON in two conversions, and C++ takes only one by itself.
    if constexpr (std::convertible_to<Value, std::string_view>)
        return boost::json::value(boost::json::string_view(std::string_view(value)));
    else
        return boost::json::value(std::forward<Value>(value));
}

}  // namespace coqmp::detail

#endif
