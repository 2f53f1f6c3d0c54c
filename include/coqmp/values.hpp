// What QEMU returned as values of the program's own types.
#ifndef COQMP_VALUES_HPP
#define COQMP_VALUES_HPP

#include <coqmp/command.hpp>
#include <coqmp/detail/qmp_names.hpp>
#include <coqmp/detail/to_json.hpp>
#include <coqmp/detail/value_place.hpp>
#include <coqmp/event.hpp>
#include <coqmp/unexpected_value.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <iterator>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace coqmp {

namespace detail {

/// A type that its author taught to Boost.JSON.
template <class Value>
concept decoded_by_user = requires(boost::json::value const& from) { tag_invoke(boost::json::value_to_tag<Value>(), from); } ||
                          requires(boost::json::value const& from) { tag_invoke(boost::json::try_value_to_tag<Value>(), from); };

template <class Value>
concept json_type = std::same_as<Value, boost::json::value> || std::same_as<Value, boost::json::object> ||
                    std::same_as<Value, boost::json::array> || std::same_as<Value, boost::json::string>;

template <class Value>
concept tuple_like = boost::json::is_tuple_like<Value>::value;

template <class Value>
void decode_into(Value& result, boost::json::value const& from, value_place const& place);

template <std::integral Value>
void decode_integer(Value& result, boost::json::value const& from, value_place const& place)
{
    boost::system::error_code error;
    result = from.to_number<Value>(error);
    if (!error)
        return;
    fail_decoding(place, from.is_int64() || from.is_uint64() ? "out of range" : "not an integer");
}

template <described_enumeration Value>
void decode_enumerator(Value& result, boost::json::value const& from, value_place const& place)
{
    boost::json::string const* const name = from.if_string();
    if (name == nullptr)
        fail_decoding(place, "not a string");
    bool found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Value>>([&](auto each) {
        if (!found && is_same_name(std::string_view(*name), each.name)) {
            result = each.value;
            found = true;
        }
    });
    if (!found)
        fail_decoding(place, "unknown value \"" + std::string(*name) + '"');
}

/// The member that a C++ member stands for, with hyphens or with underscores. @return null: there is none
template <class Descriptor>
boost::json::value const* find_member(boost::json::object const& from)
{
    constexpr std::string_view name = qmp_name<Descriptor, false>::value;
    if (boost::json::value const* const found = from.if_contains(boost::json::string_view(name)))
        return found;
    if constexpr (name.find('-') != std::string_view::npos)
        for (boost::json::key_value_pair const& each : from)
            if (is_same_name(std::string_view(each.key()), Descriptor::name))
                return &each.value();
    return nullptr;
}

/// @param from null: there is no such member
template <class Value>
void decode_member(Value& result, boost::json::value const* from, value_place const& place)
{
    if (from != nullptr)
        decode_into(result, *from, place);
    else if constexpr (is_optional<Value>)
        result.reset();
    else
        fail_decoding(place, "missing");
}

template <described_structure Value>
void decode_members(Value& result, boost::json::object const& from, value_place const& place)
{
    boost::mp11::mp_for_each<described_members<Value>>([&](auto each) {
        using descriptor = decltype(each);
        decode_member(result.*each.pointer, find_member<descriptor>(from),
                      value_place(place, qmp_name<descriptor, keeps_underscores<Value>>::value));
    });
}

template <text_map Value>
void decode_members(Value& result, boost::json::object const& from, value_place const& place)
{
    result.clear();
    for (boost::json::key_value_pair const& each : from) {
        typename Value::mapped_type element{};
        std::string_view const key = each.key();
        decode_into(element, each.value(), value_place(place, key));
        result.emplace(typename Value::key_type(key), std::move(element));
    }
}

template <class Value>
void decode_sequence(Value& result, boost::json::value const& from, value_place const& place)
{
    boost::json::array const* const elements = from.if_array();
    if (elements == nullptr)
        fail_decoding(place, "not an array");
    result.clear();
    if constexpr (requires { result.reserve(elements->size()); })
        result.reserve(elements->size());
    std::size_t index = 0;
    for (boost::json::value const& each : *elements) {
        typename Value::value_type element{};
        decode_into(element, each, value_place(place, index++));
        result.insert(result.end(), std::move(element));
    }
}

template <tuple_like Value>
void decode_tuple(Value& result, boost::json::value const& from, value_place const& place)
{
    boost::json::array const* const elements = from.if_array();
    if (elements == nullptr)
        fail_decoding(place, "not an array");
    if (elements->size() != std::tuple_size_v<Value>)
        fail_decoding(place, "not an array of " + std::to_string(std::tuple_size_v<Value>) + " elements");
    std::size_t index = 0;
    std::apply([&](auto&... each) { ((decode_into(each, (*elements)[index], value_place(place, index)), ++index), ...); },
               result);
}

/// With the type's own tag_invoke() or Boost.JSON's conversions; what they throw gets the place.
template <class Value>
void decode_with_boost(Value& result, boost::json::value const& from, value_place const& place)
try {
    result = boost::json::value_to<Value>(from);
} catch (std::bad_alloc const&) {
    throw;
} catch (unexpected_value const&) {
    throw;
} catch (std::exception const& error) {
    fail_decoding(place, error.what());
}

/// A copy that does not keep the memory of the whole message.
template <json_type Value>
void decode_json(Value& result, boost::json::value const& from, value_place const& place)
{
    boost::json::storage_ptr const own;
    if constexpr (std::same_as<Value, boost::json::value>)
        result = boost::json::value(from, own);
    else if constexpr (std::same_as<Value, boost::json::object>)
        result = from.is_object() ? Value(from.get_object(), own) : (fail_decoding(place, "not an object"), Value());
    else if constexpr (std::same_as<Value, boost::json::array>)
        result = from.is_array() ? Value(from.get_array(), own) : (fail_decoding(place, "not an array"), Value());
    else
        result = from.is_string() ? Value(from.get_string(), own) : (fail_decoding(place, "not a string"), Value());
}

template <class Value>
void decode_into(Value& result, boost::json::value const& from, value_place const& place)
{
    if constexpr (is_optional<Value>) {
        if (from.is_null())
            result.reset();
        else
            decode_into(result.emplace(), from, place);
    } else if constexpr (json_type<Value>) {
        decode_json(result, from, place);
    } else if constexpr (decoded_by_user<Value>) {  // NOLINT(bugprone-branch-clone): before the questions that follow
        decode_with_boost(result, from, place);
    } else if constexpr (std::same_as<Value, bool>) {
        if (!from.is_bool())
            fail_decoding(place, "not true or false");
        result = from.get_bool();
    } else if constexpr (std::integral<Value>) {
        decode_integer(result, from, place);
    } else if constexpr (std::floating_point<Value>) {
        if (!from.is_number())
            fail_decoding(place, "not a number");
        result = from.to_number<Value>();
    } else if constexpr (std::same_as<Value, std::string>) {
        if (!from.is_string())
            fail_decoding(place, "not a string");
        result = std::string_view(from.get_string());
    } else if constexpr (described_enumeration<Value>) {
        decode_enumerator(result, from, place);
    } else if constexpr (described_structure<Value> || text_map<Value>) {
        if (!from.is_object())
            fail_decoding(place, "not an object");
        decode_members(result, from.get_object(), place);
    } else if constexpr (tuple_like<Value>) {
        decode_tuple(result, from, place);
    } else if constexpr (sequence<Value>) {
        decode_sequence(result, from, place);
    } else {
        decode_with_boost(result, from, place);
    }
}

}  // namespace detail

/// QEMU's value as a value of the program's own type. session::execute_as() and event::get() do this, and this page describes
/// the types for all of them:
/// - `bool`, integers and floating-point numbers: a number that does not fit is an error; `std::string`;
/// - `std::optional`: empty if the value is absent or null;
/// - `std::vector` and other sequences, `std::map` and other maps of texts, `std::array`, `std::pair` and `std::tuple`;
/// - structures that Boost.Describe describes (`BOOST_DESCRIBE_STRUCT`): each public member, also of public bases, is decoded.
///   Members of QEMU's that the structure does not have are ignored, because every release of QEMU adds some. A member that is
///   absent is an error, unless it is an optional;
/// - enumerations that Boost.Describe describes (`BOOST_DESCRIBE_ENUM`), by name; an unknown name is an error;
/// - what Boost.JSON's `value_to()` decodes: `json::value` itself, `std::variant`, and types with a `tag_invoke()` of their own.
///
/// **Names.** An underscore of a C++ name stands for a hyphen or an underscore of QMP's: `thread_id` is `thread-id`, and `bps_rd`
/// is `bps_rd`. One more underscore at the end is ignored, for names that are keywords in C++: `default_`. In the other direction,
/// in command::with(), an underscore becomes a hyphen, unless keeps_underscores is specialized for the type. Upper and lower case
/// differ, as in QMP.
/// @tparam Value a type with a default constructor
/// @param from what QEMU sent
/// @param origin the name of the command or event, for the message of the error
/// @throws unexpected_value if the value does not fit; std::bad_alloc
/// @see examples/schema.cpp
template <class Value>
[[nodiscard]] Value decode(boost::json::value const& from, std::string_view origin = {})
{
    Value result{};
    detail::decode_into(result, from, detail::value_place(origin));
    return result;
}

namespace detail {

template <class Value>
class include_coqmp_values_hpp
{
public:
    static boost::asio::awaitable<Value> decode_result(boost::asio::awaitable<boost::json::value> execution, std::string command)
    {
        boost::json::value const returned = co_await std::move(execution);
        co_return decode<Value>(returned, command);
    }

    static Value decode_data(event const& from)
    {
        value_place const whole(from.name);
        Value result{};
        if constexpr ((described_structure<Value> || text_map<Value>) && !decoded_by_user<Value>)
            decode_members(result, from.data, whole);
        else
            decode_into(result, boost::json::value(from.data), whole);
        return result;
    }

    static Value decode_data(event const& from, std::string_view member)
    {
        Value result{};
        value_place const whole(from.name);
        decode_member(result, from.data.if_contains(boost::json::string_view(member)), value_place(whole, member));
        return result;
    }
};

}  // namespace detail

}  // namespace coqmp

#endif
