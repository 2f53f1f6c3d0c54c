// Completion's wishes, granted by the running QEMU.
#ifndef QMP_SHELL_QEMU_COMPLETION_VALUES_HPP
#define QMP_SHELL_QEMU_COMPLETION_VALUES_HPP

#include "language/complete/completion.hpp"
#include "qemu/monitor.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// What begins so, in order. A QEMU that does not answer soon has nothing.
[[nodiscard]] std::vector<candidate> completion_values(completion_source source, std::string_view prefix,
                                                       boost::json::object const& arguments, monitor& monitor);

/// Names that QEMU knows and that resemble one that it does not know.
/// @param path the argument, as QEMU writes it: `node-name`, `devices[0]`, `options[0].file`
[[nodiscard]] std::vector<std::string> similar_values(std::string_view command, std::string_view path, std::string_view value,
                                                      boost::json::object const& arguments, monitor& monitor);

/// Asks QEMU for what the completion wishes for and adds what fits. A QEMU that does not answer soon adds nothing.
void add_completion_values(completion& to, monitor& monitor);

/// The devices that `device_add` may add, according to QEMU.
[[nodiscard]] std::vector<std::string> driver_names(monitor& monitor);

}  // namespace qmp_shell

#endif
