// What the control socket understands, as `query-qmp-schema` and `query-commands` report it, without I/O.
#ifndef COQMPD_CONTROL_CONTROL_SCHEMA_HPP
#define COQMPD_CONTROL_CONTROL_SCHEMA_HPP

#include <boost/json/array.hpp>

#include <string>
#include <vector>

namespace coqmpd {

/// For `query-qmp-schema`, in the form of QEMU's, so that qmp-shell completes the commands.
[[nodiscard]] boost::json::array const& control_schema();

/// The names of the commands, sorted.
[[nodiscard]] std::vector<std::string> control_commands();

}  // namespace coqmpd

#endif
