// A machine in the answers and events of the control socket, without I/O.
#ifndef COQMPD_CONTROL_MACHINE_DESCRIPTION_HPP
#define COQMPD_CONTROL_MACHINE_DESCRIPTION_HPP

#include <coqmp/lifecycle.hpp>
#include <coqmp/machine_end.hpp>

#include <boost/json/object.hpp>

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

namespace coqmpd {

/// The type `MachineInfo` of the control socket's schema: `{"name":"vm7","state":"running","liveness":"responsive","pid":4711,...}`
/// @param process nothing: it has none, or is not ready
/// @param now for the time that is left until a restart
[[nodiscard]] boost::json::object describe_machine(std::string const& name, coqmp::machine_status const& status,
                                                   std::optional<::pid_t> process, std::chrono::steady_clock::time_point now);

/// The type `MachineEnd`: how a machine that was stopped has ended.
[[nodiscard]] boost::json::object describe_end(coqmp::machine_end const& end);

}  // namespace coqmpd

#endif
