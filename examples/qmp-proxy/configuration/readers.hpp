// The types of the proxy's own settings.
#ifndef QMP_PROXY_CONFIGURATION_READERS_HPP
#define QMP_PROXY_CONFIGURATION_READERS_HPP

#include "daemon/configuration/setting.hpp"

#include <coqmp/endpoint.hpp>

namespace qmp_proxy {

/// An address to connect to.
[[nodiscard]] coqmp_daemon::value_reader<coqmp::endpoint> address();

/// An address to listen at: a unix socket or a TCP port.
[[nodiscard]] coqmp_daemon::value_reader<coqmp::endpoint> listen_address();

}  // namespace qmp_proxy

#endif
