// A client, in the log.
#ifndef COQMP_DAEMON_ACCESS_CLIENT_DESCRIPTION_HPP
#define COQMP_DAEMON_ACCESS_CLIENT_DESCRIPTION_HPP

#include <coqmp/monitor_client.hpp>

#include <string>

namespace coqmp_daemon {

/// `client 3, process 1234 of user 1000`
[[nodiscard]] std::string describe(coqmp::monitor_client const& client);

}  // namespace coqmp_daemon

#endif
