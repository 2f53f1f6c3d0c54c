// The machine from its start to its end.
// Invariant: QEMU is started once, and does not outlive this object.
#ifndef QMP_RUN_MACHINE_RUN_HPP
#define QMP_RUN_MACHINE_RUN_HPP

#include "client_monitor.hpp"
#include "daemon/log/logger.hpp"
#include "daemon/service_notification.hpp"
#include "exit_status.hpp"
#include "manager_link.hpp"
#include "options.hpp"
#include "state_hooks.hpp"
#include "stop_requests.hpp"

#include <coqmp/change.hpp>
#include <coqmp/supervisor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace qmp_run {

/// @par Threads That of its executor.
/// @par Lifetime It is destroyed when its executor's context no longer runs.
class machine_run
{
public:
    /// @param line outlives this object
    machine_run(boost::asio::any_io_executor const& executor, options const& line,
                coqmp_daemon::service_environment const& environment, coqmp_daemon::logger& log);

    /// Starts the machine, and waits for its end and for the hooks that its end triggers. @return why it ended
    [[nodiscard]] boost::asio::awaitable<run_exit> run();

private:
    void start();
    void took(coqmp::change const& what);
    void shut_down();
    void expect_end_within(std::chrono::milliseconds timeout);
    void hurry();
    void stop(std::optional<std::chrono::nanoseconds> budget);

    options const& line_;
    coqmp_daemon::logger& log_;
    manager_link manager_;
    state_hooks hooks_;
    coqmp::supervisor machines_;
    client_monitor clients_;
    coqmp::change_stream changes_;
    coqmp::machine_status status_;
    bool is_asked_to_end_ = false;
    std::string logged_;  ///< The last sentence about the machine in the log.
    stop_requests requests_;
};

}  // namespace qmp_run

#endif
