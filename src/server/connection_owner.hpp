// What a client's connection reports to its server.
#ifndef COQMP_SRC_SERVER_CONNECTION_OWNER_HPP
#define COQMP_SRC_SERVER_CONNECTION_OWNER_HPP

#include <coqmp/monitor_request.hpp>

namespace coqmp::detail {

class client_connection;

/// Called on the server's executor.
class connection_owner
{
public:
    connection_owner(connection_owner const&) = delete;
    connection_owner& operator=(connection_owner const&) = delete;

    virtual void execute(monitor_request request) = 0;
    /// The connection has ended, and not because the owner has closed it.
    virtual void connection_ended(client_connection& which) = 0;

protected:
    connection_owner() = default;
    ~connection_owner() = default;
};

}  // namespace coqmp::detail

#endif
