// The proxy's state, as the service manager sees it.
#ifndef QMP_PROXY_SERVICE_STATE_HPP
#define QMP_PROXY_SERVICE_STATE_HPP

#include "daemon/log/logger.hpp"
#include "daemon/service_notification.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>

namespace qmp_proxy {

/// Reports the proxy's state to the service manager, if there is one. The first failure is logged.
class service_state
{
public:
    service_state(coqmp_daemon::service_environment const& environment, coqmp_daemon::logger& log)
        : notification_(environment), log_(log)
    {}

    /// The proxy works. Only the first call has an effect.
    void ready();

    /// A reload begins, and ends. Before ready(), the service manager does not expect reloads.
    void begin_reload();
    void end_reload();

    /// The proxy ends. @param most how long that takes
    void stopping(std::chrono::milliseconds most);

    /// For `systemctl status`.
    void show(std::string const& sentence);

    /// Says again and again that the proxy is alive, if the service manager wants to know.
    [[nodiscard]] boost::asio::awaitable<void> keep_alive();

private:
    void note(boost::system::error_code error);

    coqmp_daemon::service_notification notification_;
    coqmp_daemon::logger& log_;
    std::string shown_;
    bool is_ready_ = false;
    bool has_failed_ = false;
};

}  // namespace qmp_proxy

#endif
