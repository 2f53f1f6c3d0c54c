// Reports the machine's status to the service manager, when something changes and as time passes.
#ifndef QMP_RUN_MANAGER_LINK_HPP
#define QMP_RUN_MANAGER_LINK_HPP

#include "daemon/log/logger.hpp"
#include "daemon/service_notification.hpp"
#include "manager_reports.hpp"

#include <coqmp/lifecycle.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <optional>

namespace qmp_run {

/// The first failure to reach the service manager is logged.
/// @par Threads That of its executor.
/// @par Lifetime It is destroyed when its executor's context has ended, or no longer runs.
class manager_link
{
public:
    using time_point = manager_reports::clock::time_point;

    /// @param kill_silent after which time a silent QEMU is killed, if it is; see feeds_watchdog()
    manager_link(boost::asio::any_io_executor const& executor, coqmp_daemon::service_environment const& environment,
                 std::optional<std::chrono::milliseconds> kill_silent, coqmp_daemon::logger& log);

    void show(coqmp::machine_status const& status);
    /// When the current start or shutdown ends at the latest; time_point::max(): there is no limit.
    void set_deadline(time_point deadline);
    /// QEMU has ended, and what follows takes at most this long.
    void extend_end(std::chrono::microseconds most);

private:
    void look();
    void feed();
    void note(boost::system::error_code error);

    coqmp_daemon::service_notification notification_;
    coqmp_daemon::logger& log_;
    manager_reports reports_;
    coqmp::machine_status status_;
    time_point deadline_ = time_point::max();
    std::optional<std::chrono::milliseconds> const kill_silent_;
    time_point silent_since_ = time_point::max();
    bool has_failed_ = false;
    boost::asio::steady_timer next_look_;
    boost::asio::steady_timer next_feeding_;
};

}  // namespace qmp_run

#endif
