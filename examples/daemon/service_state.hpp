// A daemon's state, as the service manager sees it.
#ifndef COQMP_DAEMON_SERVICE_STATE_HPP
#define COQMP_DAEMON_SERVICE_STATE_HPP

#include "daemon/log/logger.hpp"
#include "daemon/service_notification.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>

namespace coqmp_daemon {

/// Reports the daemon's state to the service manager, if there is one. The first failure is logged.
class service_state
{
public:
    service_state(service_environment const& environment, logger& log) : notification_(environment), log_(log) {}

    /// The daemon works. Only the first call has an effect.
    void ready();

    /// A reload begins, and ends. Before ready(), the service manager does not expect reloads.
    void begin_reload();
    void end_reload();

    /// The daemon ends. @param most how long that takes
    void stopping(std::chrono::milliseconds most);

    /// For `systemctl status`.
    void show(std::string const& sentence);

    /// Reports at intervals that the daemon is alive, if the service manager asks for that.
    [[nodiscard]] boost::asio::awaitable<void> keep_alive();

private:
    void note(boost::system::error_code error);

    service_notification notification_;
    logger& log_;
    std::string shown_;
    bool is_ready_ = false;
    bool has_failed_ = false;
};

}  // namespace coqmp_daemon

#endif
