// Makes a JSON value of what a caller writes.
// It is on floor 1, the vocabulary, because commands and event filters take a caller's values in their headers. It includes
// Boost.Describe, which is header-only, so that these values can be described structures and enumerations.
#ifndef COQMP_DETAIL_TO_JSON_HPP
#define COQMP_DETAIL_TO_JSON_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/detail/qmp_names.hpp>

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/json/array.hpp>
#include <boost/json/conversion.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace coqmp::detail {

template <class Value>
inline constexpr bool is_optional = false;
template <class Value>
inline constexpr bool is_optional<std::optional<Value>> = true;

/// nullptr converts to a text as well.
template <class Value>
concept text = std::convertible_to<Value, std::string_view> && !std::same_as<std::remove_cvref_t<Value>, std::nullptr_t>;

/// A type that its author taught to Boost.JSON.
template <class Value>
concept encoded_by_user = requires(boost::json::value& result, Value&& value) {
    tag_invoke(boost::json::value_from_tag(), result, std::forward<Value>(value));
};

template <class Value>
concept described_enumeration = std::is_enum_v<Value> && boost::describe::has_describe_enumerators<Value>::value;

template <class Value>
concept described_structure = std::is_class_v<Value> && boost::describe::has_describe_members<Value>::value;

/// What Boost.Describe describes of a structure: the public members, and those of public bases.
template <described_structure Value>
using described_members = boost::describe::describe_members<Value, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class Value>
concept text_map = boost::json::is_map_like<Value>::value;

template <class Value>
concept sequence = std::ranges::input_range<Value const> && !text<Value> && !text_map<Value>;

template <class Value>
boost::json::value to_json(Value&& value);

template <described_enumeration Value>
boost::json::value name_of(Value value)
{
    std::string_view name;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Value>>([&](auto each) {
        if (each.value == value)
            name = qmp_name<decltype(each), keeps_underscores<Value>>::value;
    });
    if (name.empty())
        throw std::invalid_argument("an argument is an enumerator that its enumeration does not describe");
    return boost::json::value(boost::json::string_view(name));
}

/// What with() does: an optional without a value removes the member.
template <class Value>
void set_member(boost::json::object& members, std::string_view name, Value&& value)
{
    if constexpr (std::same_as<std::remove_cvref_t<Value>, std::nullopt_t>)
        members.erase(boost::json::string_view(name));
    else if constexpr (is_optional<std::remove_cvref_t<Value>>) {
        if (value)
            set_member(members, name, *std::forward<Value>(value));
        else
            members.erase(boost::json::string_view(name));
    } else {
        members.insert_or_assign(boost::json::string_view(name), to_json(std::forward<Value>(value)));
    }
}

template <described_structure Value>
boost::json::value members_of(Value const& value)
{
    boost::json::object result;
    boost::mp11::mp_for_each<described_members<Value>>(
        [&](auto each) { set_member(result, qmp_name<decltype(each), keeps_underscores<Value>>::value, value.*each.pointer); });
    return result;
}

template <class Value>
boost::json::value entries_of(Value const& value)
{
    boost::json::object result;
    for (auto const& [key, each] : value)
        set_member(result, std::string_view(key), each);
    return result;
}

template <class Value>
boost::json::value elements_of(Value const& value)
{
    boost::json::array result;
    for (auto const& each : value)
        result.push_back(to_json(each));
    return result;
}

template <class Value>
boost::json::value elements_of_tuple(Value const& value)
{
    boost::json::array result;
    std::apply([&result](auto const&... each) { (result.push_back(to_json(each)), ...); }, value);
    return result;
}

template <class Value>
boost::json::value to_json(Value&& value)
{
    using type = std::remove_cvref_t<Value>;
    // A std::string becomes JSON in two conversions, and C++ takes only one by itself.
    if constexpr (text<Value>)
        return boost::json::value(boost::json::string_view(std::string_view(value)));
    else if constexpr (is_optional<type>)
        return value ? to_json(*std::forward<Value>(value)) : boost::json::value();
    else if constexpr (std::constructible_from<boost::json::value, Value> && !described_enumeration<type>)
        return boost::json::value(std::forward<Value>(value));
    else if constexpr (encoded_by_user<Value>)                       // before the questions that follow
        return boost::json::value_from(std::forward<Value>(value));  // NOLINT(bugprone-branch-clone)
    else if constexpr (described_enumeration<type>)
        return name_of(value);
    else if constexpr (described_structure<type>)
        return members_of(value);
    else if constexpr (text_map<type>)
        return entries_of(value);
    else if constexpr (sequence<type>)
        return elements_of(value);
    else if constexpr (boost::json::is_tuple_like<type>::value)
        return elements_of_tuple(value);
    else
        return boost::json::value_from(std::forward<Value>(value));
}

}  // namespace coqmp::detail

#endif
