// qom-list, qom-get, qom-set, qom-tree: QEMU's tree of objects from the command line.
#ifndef QMP_SHELL_COMMANDS_QOM_HPP
#define QMP_SHELL_COMMANDS_QOM_HPP

#include "exit_code.hpp"
#include "options.hpp"
#include "qemu/monitor.hpp"
#include "terminal/screen.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace qmp_shell {

exit_code run_tool(monitor& qemu, screen& shown_on, options const& how);

/// @param listed what `qom-list` returned @return empty: there is no such property
[[nodiscard]] std::string type_of_property(boost::json::value const& listed, std::string_view name);

/// A text as the value of a property of that type. @return nothing if the type does not take it
[[nodiscard]] std::optional<boost::json::value> value_of_property(std::string_view type, std::string_view text);

}  // namespace qmp_shell

#endif
