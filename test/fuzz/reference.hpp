// A second implementation of what a message means: it reads the tree of a whole document, as simply as possible.
#ifndef COQMP_TEST_FUZZ_REFERENCE_HPP
#define COQMP_TEST_FUZZ_REFERENCE_HPP

#include "protocol/message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace coqmp::fuzz {

namespace json = boost::json;

/// Whether two values are equal, except where Boost.JSON 1.81 reads real numbers wrongly: it rounds, and it computes 0e400 as
/// zero times infinity.
inline bool alike(json::value const& right, json::value const& rough)
{
    if (right.kind() != rough.kind())
        return false;
    if (right.is_double()) {
        double const exact = right.get_double();
        double const close = rough.get_double();
        if (std::isnan(close))
            return exact == 0;
        bool const at_the_edge = std::isinf(close) && std::abs(exact) > 1e308;
        return exact == close || at_the_edge || std::abs(exact - close) <= std::abs(exact) * 1e-14 + 1e-307;
    }
    if (right.is_array())
        return std::equal(right.get_array().begin(), right.get_array().end(), rough.get_array().begin(), rough.get_array().end(),
                          alike);
    if (!right.is_object())
        return right == rough;
    json::object const& others = rough.get_object();
    return right.get_object().size() == others.size() &&
           std::all_of(right.get_object().begin(), right.get_object().end(), [&](json::key_value_pair const& each) {
               json::value const* other = others.if_contains(each.key());
               return other != nullptr && alike(each.value(), *other);
           });
}

inline std::string text_or_nothing(json::value const* value)
{
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

inline protocol::message_id reference_id(json::object const& members)
{
    json::value const* id = members.if_contains("id");
    if (id == nullptr)
        return std::monostate();
    if (id->is_int64() && id->get_int64() >= 0)
        return static_cast<std::uint64_t>(id->get_int64());
    if (id->is_uint64())
        return id->get_uint64();
    if (id->is_string())
        return text_or_nothing(id);
    return protocol::foreign_id();
}

inline protocol::message reference_error(json::object const& members)
{
    protocol::error_message result{reference_id(members), {"UnknownError", "the peer sent a malformed error"}};
    json::object const* error = members.at("error").if_object();
    if (error == nullptr)
        return result;
    result.error.class_name = text_or_nothing(error->if_contains("class"));
    result.error.description = text_or_nothing(error->if_contains("desc"));
    if (result.error.class_name.empty())
        result.error.class_name = "UnknownError";
    if (result.error.description.empty())
        result.error.description = "the peer gave no description";
    return result;
}

inline std::optional<std::chrono::system_clock::time_point> reference_time(json::object const& members)
{
    json::value const* timestamp = members.if_contains("timestamp");
    if (timestamp == nullptr || !timestamp->is_object())
        return std::nullopt;
    json::value const* seconds = timestamp->get_object().if_contains("seconds");
    json::value const* microseconds = timestamp->get_object().if_contains("microseconds");
    if (seconds == nullptr || microseconds == nullptr || !seconds->is_int64() || !microseconds->is_int64())
        return std::nullopt;
    constexpr std::int64_t end_of_time = 9'223'372'036;  // in the year 2262, the last that the clock's nanoseconds can represent
    std::int64_t const whole = seconds->get_int64();
    std::int64_t const part = microseconds->get_int64();
    if (whole < 0 || whole >= end_of_time || part < 0 || part > 999'999)
        return std::nullopt;
    return std::chrono::system_clock::time_point(std::chrono::nanoseconds(whole * 1'000'000'000 + part * 1'000));
}

inline protocol::message reference_event(json::object const& members)
{
    json::value const& name = members.at("event");
    json::value const* data = members.if_contains("data");
    if (!name.is_string() || (data != nullptr && !data->is_object()))
        return protocol::unknown_message{};
    return event{text_or_nothing(&name), data != nullptr ? data->get_object() : json::object(), reference_time(members), 0};
}

inline int reference_number(json::object const& parts, char const* name, bool& odd)
{
    json::value const* value = parts.if_contains(name);
    if (value == nullptr || value->is_null())
        return 0;
    std::int64_t const largest = std::numeric_limits<int>::max();
    if (value->is_uint64())
        return std::numeric_limits<int>::max();
    if (value->is_int64())
        return static_cast<int>(std::clamp(value->get_int64(), std::int64_t{0}, largest));
    odd = true;
    return 0;
}

inline void reference_version(json::value const& from, version& to)
{
    if (from.is_null())
        return;
    bool odd = !from.is_object();
    if (json::object const* parts = from.if_object()) {
        to.major = reference_number(*parts, "major", odd);
        to.minor = reference_number(*parts, "minor", odd);
        to.micro = reference_number(*parts, "micro", odd);
    }
    if (odd)
        to.text = from.is_string() ? text_or_nothing(&from) : "JSON";
}

/// Predicts only whether the version is a text, and ignores the numbers that were read from it.
inline protocol::message reference_greeting(json::object const& members)
{
    json::object const* content = members.at("QMP").if_object();
    if (content == nullptr)
        return protocol::unknown_message{};
    greeting result;
    if (json::value const* version = content->if_contains("version")) {
        if (version->is_object()) {
            result.version.package = text_or_nothing(version->get_object().if_contains("package"));
            if (json::value const* numbers = version->get_object().if_contains("qemu"))
                reference_version(*numbers, result.version);
        } else {
            reference_version(*version, result.version);
        }
    }
    if (json::value const* offered = content->if_contains("capabilities"); offered != nullptr && offered->is_array())
        for (json::value const& each : offered->get_array())
            if (each.is_string())
                result.capabilities.push_back(text_or_nothing(&each));
    return result;
}

/// The printed form of a version if it is a text; otherwise whether it is unusual.
inline std::string comparable(version const& what)
{
    if (what.text.empty())
        return std::to_string(what.major) + '.' + std::to_string(what.minor) + '.' + std::to_string(what.micro) + what.package;
    return (what.text.find_first_of("{[") == 0 ? "JSON" : what.text) + what.package;
}

inline protocol::message reference_message(json::object const& members)
{
    auto const has = [&](char const* name) { return members.contains(name); };
    int const kinds = has("QMP") + has("return") + has("error") + has("event");
    if (kinds == 2 && has("return") && has("error"))
        return protocol::error_message{reference_id(members),
                                       {"UnknownError", "the peer sent a reply that is both a return and an error"}};
    if (kinds != 1)
        return protocol::unknown_message{};
    if (has("return"))
        return protocol::return_message{reference_id(members), members.at("return")};
    if (has("error"))
        return reference_error(members);
    return has("event") ? reference_event(members) : reference_greeting(members);
}

/// Does not compare why a message is unknown, because only people read that.
inline bool same(protocol::message const& one, protocol::message const& other)
{
    auto const* returned = std::get_if<protocol::return_message>(&one);
    auto const* other_returned = std::get_if<protocol::return_message>(&other);
    if (returned != nullptr && other_returned != nullptr)
        return returned->id == other_returned->id && alike(returned->value, other_returned->value);
    auto const* happened = std::get_if<event>(&one);
    auto const* other_happened = std::get_if<event>(&other);
    if (happened != nullptr && other_happened != nullptr)
        return happened->name == other_happened->name && happened->timestamp == other_happened->timestamp &&
               alike(happened->data, other_happened->data);
    auto const* hello = std::get_if<greeting>(&one);
    auto const* other_hello = std::get_if<greeting>(&other);
    if (hello != nullptr && other_hello != nullptr) {
        bool const is_json = other_hello->version.text == "JSON" && !hello->version.text.empty();
        return hello->capabilities == other_hello->capabilities && hello->version.package == other_hello->version.package &&
               (is_json || comparable(hello->version) == comparable(other_hello->version));
    }
    if (std::holds_alternative<protocol::unknown_message>(one) && std::holds_alternative<protocol::unknown_message>(other))
        return true;
    return one == other;
}

}  // namespace coqmp::fuzz

#endif
