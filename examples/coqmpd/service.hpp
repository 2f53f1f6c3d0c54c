// The daemon from its start to its end.
// Invariant: no machine ends because the daemon does.
#ifndef COQMPD_SERVICE_HPP
#define COQMPD_SERVICE_HPP

#include "cgroups/cgroup_tree.hpp"
#include "control/control_server.hpp"
#include "daemon/blocking_calls.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/log/logger.hpp"
#include "daemon/request_loop.hpp"
#include "daemon/service_notification.hpp"
#include "daemon/service_state.hpp"
#include "daemon/service_tasks.hpp"
#include "daemon_settings.hpp"
#include "hooks/machine_hooks.hpp"
#include "machines/directory_watch.hpp"
#include "machines/machine_set.hpp"
#include "places.hpp"
#include "reports/lost_changes.hpp"
#include "reports/machine_counts.hpp"
#include "reports/reported_changes.hpp"
#include "stored/left_machines.hpp"
#include "stored/state_files.hpp"
#include "supervision/offered_monitors.hpp"
#include "supervision/supervised_machines.hpp"

#include <coqmp/change.hpp>
#include <coqmp/descriptor_store.hpp>
#include <coqmp/event.hpp>
#include <coqmp/machine_event.hpp>
#include <coqmp/supervisor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coqmpd {

/// How the daemon has ended.
struct service_end
{
    coqmp_daemon::exit_code status = coqmp_daemon::exit_code::success;
    /// False: a machine was still being started or shut down. Destroying the service would kill it; the end of the process does not.
    bool all_released = true;
};

/// @par Threads That of its executor.
/// @par Lifetime It is destroyed when its executor's context no longer runs.
class service
{
public:
    /// @param cgroups null: there are none
    /// @param passed the monitors of an earlier daemon's machines, which the service manager has kept
    /// @throws boost::system::system_error another daemon uses the state directory, or it cannot be used
    service(boost::asio::any_io_executor const& executor, places const& where, std::unique_ptr<cgroup_tree> cgroups,
            coqmp_daemon::service_environment const& environment, std::vector<coqmp::stored_descriptor> passed,
            coqmp_daemon::logger& log);

    /// Runs until a signal or a failure ends it. The machines are released then.
    /// @throws coqmp_daemon::configuration_error, boost::system::system_error it cannot start, or has failed; all machines are
    ///   released
    [[nodiscard]] boost::asio::awaitable<service_end> run();

private:
    [[nodiscard]] boost::asio::awaitable<void> start();
    [[nodiscard]] boost::asio::awaitable<bool> read_settings();
    void apply_settings();
    [[nodiscard]] boost::asio::awaitable<void> read_files();
    void take(machine_set files, left_machines const& left);
    [[nodiscard]] boost::asio::awaitable<std::string> launch_problem(std::string machine);
    void find_sockets();
    [[nodiscard]] boost::asio::awaitable<void> reload();
    [[nodiscard]] boost::asio::awaitable<void> follow_changes();
    [[nodiscard]] boost::asio::awaitable<void> follow_events();
    void take(coqmp::change const& what);
    void make_good();
    [[nodiscard]] bool wants(coqmp::event const& what) const;
    void take(coqmp::machine_event const& reported);
    void count_again();
    void forget(std::string const& machine);
    [[nodiscard]] bool has_unfinished_machine() const;
    [[nodiscard]] boost::asio::awaitable<void> await_machines();
    [[nodiscard]] boost::asio::awaitable<bool> stop();

    boost::asio::any_io_executor executor_;
    places const places_;
    coqmp_daemon::logger& log_;
    coqmp_daemon::service_state state_;
    coqmp_daemon::service_tasks tasks_;
    coqmp_daemon::request_loop requests_;
    std::unique_ptr<cgroup_tree> cgroups_;
    std::shared_ptr<state_files> const stored_;
    machine_hooks hooks_;
    machine_counts counts_;
    reported_changes reported_;
    lost_changes lost_;
    coqmp::supervisor supervisor_;
    coqmp::change_stream changes_;
    coqmp::machine_event_stream events_;
    offered_monitors monitors_;
    supervised_machines machines_;
    daemon_settings settings_;
    machine_set read_;  ///< The newest files.
    directory_watch sockets_;
    control_server control_;
    coqmp_daemon::blocking_calls files_;  ///< Reads the machines' files, so that a slow file system delays no machine.
    boost::asio::steady_timer started_;   ///< Cancelled when the daemon is ready.
    bool is_ready_ = false;
    boost::asio::steady_timer changed_;  ///< Cancelled when the state of a machine has changed.
};

}  // namespace coqmpd

#endif
