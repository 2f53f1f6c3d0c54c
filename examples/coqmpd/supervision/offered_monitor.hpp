// The monitor of a machine as it is offered to clients, at NAME.qmp.
#ifndef COQMPD_SUPERVISION_OFFERED_MONITOR_HPP
#define COQMPD_SUPERVISION_OFFERED_MONITOR_HPP

#include "daemon/log/logger.hpp"
#include "machines/machine_file.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_client.hpp>
#include <coqmp/monitor_policy.hpp>
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/socket_access.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace coqmpd {

/// @par Threads That of its executor.
class offered_monitor
{
public:
    /// Listens. Clients are accepted as soon as the proxy has a session.
    /// @throws boost::system::system_error it cannot listen; what() names the address
    offered_monitor(boost::asio::any_io_executor const& executor, std::string machine, coqmp::endpoint at,
                    monitor_settings const& wanted, coqmp_daemon::logger& log);
    offered_monitor(offered_monitor const&) = delete;
    offered_monitor& operator=(offered_monitor const&) = delete;

    [[nodiscard]] coqmp::monitor_proxy const& proxy() const noexcept { return proxy_; }
    [[nodiscard]] monitor_settings const& settings() const noexcept { return settings_; }

    /// Its clients come under the new policy. If others may connect to the socket than before, it is made anew.
    /// @param wanted with the same `hold` @throws boost::system::system_error the socket is as it was before
    void apply(monitor_settings const& wanted);

private:
    [[nodiscard]] coqmp::monitor_proxy_options proxy_options(bool hold);
    void take_policy(monitor_settings const& wanted);
    void note(coqmp::monitor_client const& client, char const* what);

    std::string const machine_;
    coqmp::endpoint const at_;
    coqmp_daemon::logger& log_;
    monitor_settings settings_;
    std::shared_ptr<coqmp::monitor_policy const> policy_;
    coqmp::monitor_proxy proxy_;
};

}  // namespace coqmpd

#endif
