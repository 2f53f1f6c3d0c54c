// The program.
#ifndef QMP_PROXY_RUN_HPP
#define QMP_PROXY_RUN_HPP

#include "daemon/exit_code.hpp"

namespace qmp_proxy {

/// Reads the command line and runs the proxy.
/// @throws coqmp_daemon::configuration_error, boost::system::system_error it cannot start
[[nodiscard]] coqmp_daemon::exit_code run(int argc, char const* const* argv);

}  // namespace qmp_proxy

#endif
