// A daemon's state, as the service manager sees it.
#ifndef COQMP_DAEMON_SERVICE_STATE_HPP
#define COQMP_DAEMON_SERVICE_STATE_HPP

#include "daemon/log/logger.hpp"
#include "daemon/service_notification.hpp"

#include <coqmp/descriptor_store.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>
#include <vector>

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

    /// Keeps the descriptors that are put into it open at the service manager while the daemon restarts. Without a service manager
    /// it keeps none. This object must outlive its use.
    /// @param passed what the service manager has passed on from earlier
    [[nodiscard]] coqmp::descriptor_store store(std::vector<coqmp::stored_descriptor> passed);

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
