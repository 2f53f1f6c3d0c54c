// Where the proxy listens, from one configuration to the next.
#ifndef QMP_PROXY_CLIENTS_LISTENING_SOCKETS_HPP
#define QMP_PROXY_CLIENTS_LISTENING_SOCKETS_HPP

#include "configuration/settings.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/socket_access.hpp>

#include <vector>

namespace qmp_proxy {

class listening_sockets
{
public:
    explicit listening_sockets(coqmp::monitor_proxy& proxy) : proxy_(proxy) {}

    /// Listens where the settings say, and nowhere else. A socket that was there before stays as it is, unless its mode, owner or
    /// group has changed: it is then made anew. If one of the sockets cannot be made, all is as it was before.
    /// @return the addresses, in the order of the settings, with the ports that the kernel chose
    /// @throws boost::system::system_error
    std::vector<coqmp::endpoint> apply(std::vector<listen_settings> const& wanted);

private:
    struct socket
    {
        coqmp::endpoint wanted;
        coqmp::endpoint at;
        coqmp::socket_access access;
    };

    [[nodiscard]] std::vector<socket> open(std::vector<listen_settings> const& wanted);
    [[nodiscard]] socket const* find(coqmp::endpoint const& wanted) const;

    coqmp::monitor_proxy& proxy_;
    std::vector<socket> sockets_;
};

}  // namespace qmp_proxy

#endif
