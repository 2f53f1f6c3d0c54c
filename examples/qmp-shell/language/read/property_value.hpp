// Texts as the values of properties of QEMU's objects and devices, whose types no schema knows.
#ifndef QMP_SHELL_LANGUAGE_READ_PROPERTY_VALUE_HPP
#define QMP_SHELL_LANGUAGE_READ_PROPERTY_VALUE_HPP

#include "language/read/typed_command.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

namespace qmp_shell {

/// Whether a property of that type is an integer: `int`, `uint32`, `size`.
[[nodiscard]] bool is_integer_type(std::string_view type);

/// @param listed what `qom-list` returned @return empty: there is no such property
[[nodiscard]] std::string_view type_of_property(boost::json::value const& listed, std::string_view name);

/// A text as the value of a property of that type. @return nothing: the type does not take it
[[nodiscard]] std::optional<boost::json::value> value_of_property(std::string_view type, std::string_view text);

/// Gives the guessed arguments of a `device_add` the types of the device's properties.
/// @param properties what `device-list-properties` said of the driver
void type_by_properties(typed_command& what, boost::json::value const& properties);

}  // namespace qmp_shell

#endif
