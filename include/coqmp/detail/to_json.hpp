// Makes a JSON value of what a caller writes.
#ifndef COQMP_DETAIL_TO_JSON_HPP
#define COQMP_DETAIL_TO_JSON_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coqmp::detail {

template <class Value>
boost::json::value to_json(Value&& value)
{
    // A std::string becomes JSON in two conversions, and C++ takes only one by itself. nullptr converts to a text as well.
    if constexpr (std::convertible_to<Value, std::string_view> && !std::same_as<std::remove_cvref_t<Value>, std::nullptr_t>)
        return boost::json::value(boost::json::string_view(std::string_view(value)));
    else if constexpr (std::constructible_from<boost::json::value, Value>)
        return boost::json::value(std::forward<Value>(value));
    else
        return boost::json::value_from(std::forward<Value>(value));
}

template <class Value>
inline constexpr bool is_optional = false;
template <class Value>
inline constexpr bool is_optional<std::optional<Value>> = true;

}  // namespace coqmp::detail

#endif
