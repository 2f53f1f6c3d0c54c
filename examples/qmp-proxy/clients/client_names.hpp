// A client, in the log.
#ifndef QMP_PROXY_CLIENTS_CLIENT_NAMES_HPP
#define QMP_PROXY_CLIENTS_CLIENT_NAMES_HPP

#include <coqmp/monitor_client.hpp>

#include <string>

namespace qmp_proxy {

/// `client 3, process 1234 of user 1000`
[[nodiscard]] std::string describe(coqmp::monitor_client const& client);

}  // namespace qmp_proxy

#endif
