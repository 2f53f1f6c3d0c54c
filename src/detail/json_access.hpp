// Members of a JSON object that may be missing, or of another type than expected.
#ifndef COQMP_SRC_DETAIL_JSON_ACCESS_HPP
#define COQMP_SRC_DETAIL_JSON_ACCESS_HPP

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string_view>

namespace coqmp::detail {

/// A text; empty if there is none.
[[nodiscard]] inline std::string_view text_in(boost::json::object const& object, std::string_view name) noexcept
{
    auto const* const value = object.if_contains(name);
    auto const* const text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string_view(text->data(), text->size()) : std::string_view();
}

/// A number that is not negative; zero if there is none.
[[nodiscard]] inline std::uint64_t number_in(boost::json::object const& object, std::string_view name) noexcept
{
    auto const* const value = object.if_contains(name);
    if (value == nullptr)
        return 0;
    if (auto const* const number = value->if_uint64())
        return *number;
    auto const* const number = value->if_int64();
    return number != nullptr && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

/// A boolean; false if there is none.
[[nodiscard]] inline bool flag_in(boost::json::object const& object, std::string_view name) noexcept
{
    auto const* const value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

/// An object; null if there is none.
[[nodiscard]] inline boost::json::object const* object_in(boost::json::object const& object, std::string_view name) noexcept
{
    auto const* const value = object.if_contains(name);
    return value != nullptr ? value->if_object() : nullptr;
}

}  // namespace coqmp::detail

#endif
