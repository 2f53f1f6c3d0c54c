// The clients that listen, and that the proxy connects to.
#ifndef QMP_PROXY_CLIENTS_DIALED_CLIENTS_HPP
#define QMP_PROXY_CLIENTS_DIALED_CLIENTS_HPP

#include "configuration/settings.hpp"
#include "daemon/log/logger.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_client.hpp>
#include <coqmp/monitor_proxy.hpp>

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace qmp_proxy {

class dialed_clients
{
public:
    /// Called with a sentence when a client that is dialed once cannot be reached.
    using failure = std::function<void(std::string const&)>;

    dialed_clients(coqmp::monitor_proxy& proxy, coqmp_daemon::logger& log, failure failed);
    dialed_clients(dialed_clients const&) = delete;
    dialed_clients& operator=(dialed_clients const&) = delete;
    ~dialed_clients();

    /// Dials these from now on, and no others. Connections to the others stay: monitor_proxy::apply_policies() ends them.
    void apply(std::vector<dial_settings> const& wanted);

    /// QEMU is there: clients can be greeted.
    void begin();

    /// For monitor_proxy_options::on_disconnected.
    void has_left(coqmp::monitor_client const& client);

private:
    struct dialed;

    void dial(std::shared_ptr<dialed> const& which);
    void redial_later(std::shared_ptr<dialed> const& which);
    void stop(dialed& which);

    coqmp::monitor_proxy& proxy_;
    coqmp_daemon::logger& log_;
    failure failed_;
    std::list<std::shared_ptr<dialed>> clients_;
    bool has_begun_ = false;
};

}  // namespace qmp_proxy

#endif
