// The monitor as it is offered to clients: where, and what they may do there.
#ifndef QMP_RUN_CLIENT_MONITOR_HPP
#define QMP_RUN_CLIENT_MONITOR_HPP

#include "daemon/log/logger.hpp"
#include "options.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_policy.hpp>
#include <coqmp/monitor_proxy.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace qmp_run {

/// @par Threads That of its executor.
class client_monitor
{
public:
    /// Listens; clients are accepted as soon as the proxy has a session.
    /// @throws boost::system::system_error it cannot listen; what() names the address
    client_monitor(boost::asio::any_io_executor const& executor, std::vector<monitor_option> const& wanted,
                   coqmp_daemon::logger& log);
    client_monitor(client_monitor const&) = delete;
    client_monitor& operator=(client_monitor const&) = delete;

    [[nodiscard]] coqmp::monitor_proxy const& proxy() const noexcept { return proxy_; }

private:
    using policy_pointer = std::shared_ptr<coqmp::monitor_policy const>;

    [[nodiscard]] coqmp::monitor_proxy_options proxy_options();
    [[nodiscard]] policy_pointer policy_for(coqmp::monitor_client const& client) const;

    coqmp_daemon::logger& log_;
    std::vector<std::pair<coqmp::endpoint, policy_pointer>> policies_;
    coqmp::monitor_proxy proxy_;
};

}  // namespace qmp_run

#endif
