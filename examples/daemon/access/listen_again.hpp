// Changes who may connect to a socket.
#ifndef COQMP_DAEMON_ACCESS_LISTEN_AGAIN_HPP
#define COQMP_DAEMON_ACCESS_LISTEN_AGAIN_HPP

#include <coqmp/endpoint.hpp>
#include <coqmp/socket_access.hpp>

#include <boost/system/system_error.hpp>

namespace coqmp_daemon {

/// Makes a socket anew with another mode, owner or group. For a moment, no client can connect; those that are connected stay.
/// @param server a monitor_server or a monitor_proxy
/// @throws boost::system::system_error that failed: the socket is as it was before
template <class Server>
void listen_again(Server& server, coqmp::endpoint const& at, coqmp::socket_access const& before,
                  coqmp::socket_access const& after)
{
    server.stop_listening(at);
    try {
        server.listen(at, after);
    } catch (boost::system::system_error const&) {
        server.listen(at, before);
        throw;
    }
}

}  // namespace coqmp_daemon

#endif
