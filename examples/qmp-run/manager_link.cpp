#include "manager_link.hpp"

#include "daemon/log/log_priority.hpp"

#include <algorithm>
#include <utility>

namespace qmp_run {

using boost::system::error_code;

manager_link::manager_link(boost::asio::any_io_executor const& executor, coqmp_daemon::service_environment const& environment,
                           std::optional<std::chrono::milliseconds> kill_silent, coqmp_daemon::logger& log)
    : notification_(environment), log_(log), kill_silent_(kill_silent), next_look_(executor), next_feeding_(executor)
{
    feed();
}

void manager_link::show(coqmp::machine_status const& status)
{
    status_ = status;
    if (status.health != coqmp::liveness::silent)
        silent_since_ = time_point::max();
    else if (silent_since_ == time_point::max())
        silent_since_ = manager_reports::clock::now();
    look();
}

void manager_link::set_deadline(time_point deadline)
{
    deadline_ = deadline;
    look();
}

void manager_link::extend_end(std::chrono::microseconds most)
{
    note(notification_.extend_timeout(most));
}

void manager_link::look()
{
    manager_report const report = reports_.look(status_, deadline_, manager_reports::clock::now());
    if (report.ready)
        note(notification_.ready());
    if (report.status)
        note(notification_.status(*report.status));
    if (report.stopping)
        note(notification_.stopping());
    if (report.extension)
        note(notification_.extend_timeout(*report.extension));
    if (reports_.next_time() == time_point::max()) {
        next_look_.cancel();
        return;
    }
    next_look_.expires_at(reports_.next_time());
    next_look_.async_wait([this](error_code interrupted) {
        if (!interrupted)
            look();
    });
}

void manager_link::feed()
{
    auto const interval = notification_.watchdog_interval();
    if (!interval)
        return;
    auto const now = manager_reports::clock::now();
    if (feeds_watchdog(status_, kill_silent_, now - std::min(silent_since_, now)))
        (void)notification_.keep_alive();
    next_feeding_.expires_after(*interval);
    next_feeding_.async_wait([this](error_code interrupted) {
        if (!interrupted)
            feed();
    });
}

void manager_link::note(error_code error)
{
    if (error && !std::exchange(has_failed_, true))
        log_.write(coqmp_daemon::log_priority::warning, "cannot notify the service manager: " + error.message());
}

}  // namespace qmp_run
