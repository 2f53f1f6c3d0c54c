// Members of objects that QEMU sent, which may be there or not, and be what they should be or not.
#ifndef QMP_SHELL_LANGUAGE_MEMBERS_HPP
#define QMP_SHELL_LANGUAGE_MEMBERS_HPP

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string_view>

namespace qmp_shell {

/// @return empty if there is no such text
[[nodiscard]] inline std::string_view text_in(boost::json::object const& members, std::string_view name)
{
    auto const* const found = members.if_contains(name);
    return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

/// @return empty if it is not an object, or has no such text
[[nodiscard]] inline std::string_view text_in(boost::json::value const& object, std::string_view name)
{
    auto const* const members = object.if_object();
    return members != nullptr ? text_in(*members, name) : std::string_view();
}

/// @return zero if there is no such number
[[nodiscard]] inline std::uint64_t number_in(boost::json::object const& members, std::string_view name)
{
    auto const* const found = members.if_contains(name);
    boost::system::error_code error;
    return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>(error) : 0;
}

}  // namespace qmp_shell

#endif
