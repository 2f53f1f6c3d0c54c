// What the control socket understands, as `query-qmp-schema` and `query-commands` report it, without I/O.
#ifndef COQMPD_CONTROL_CONTROL_SCHEMA_HPP
#define COQMPD_CONTROL_CONTROL_SCHEMA_HPP

#include <coqmp/monitor_policy.hpp>

#include <boost/json/array.hpp>

#include <string>
#include <vector>

namespace coqmpd {

/// For `query-qmp-schema`, in the form of QEMU's, so that qmp-shell completes the commands: all of them, or those of a policy.
[[nodiscard]] boost::json::array const& control_schema();
[[nodiscard]] boost::json::array control_schema(coqmp::monitor_policy const& policy);

/// The names of the commands, sorted.
[[nodiscard]] std::vector<std::string> control_commands();

/// For `query-commands`: those that a policy allows.
[[nodiscard]] boost::json::array control_commands(coqmp::monitor_policy const& policy);

}  // namespace coqmpd

#endif
