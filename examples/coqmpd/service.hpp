// The daemon from its start to its end.
// Invariant: no machine ends because the daemon does.
#ifndef COQMPD_SERVICE_HPP
#define COQMPD_SERVICE_HPP

#include "cgroups/cgroup_tree.hpp"
#include "control/control_server.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/log/logger.hpp"
#include "daemon/service_notification.hpp"
#include "daemon/service_state.hpp"
#include "daemon/signals.hpp"
#include "hooks/machine_hooks.hpp"
#include "machines/directory_watch.hpp"
#include "machines/machine_set.hpp"
#include "places.hpp"
#include "reports/machine_counts.hpp"
#include "reports/reported_changes.hpp"
#include "supervision/offered_monitors.hpp"
#include "supervision/supervised_machines.hpp"

#include <coqmp/change.hpp>
#include <coqmp/descriptor_store.hpp>
#include <coqmp/machine_event.hpp>
#include <coqmp/supervisor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <optional>
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
    /// @throws coqmp_daemon::configuration_error, boost::system::system_error it cannot start; then it has no machines yet
    [[nodiscard]] boost::asio::awaitable<service_end> run();

private:
    void spawn(boost::asio::awaitable<void> work);
    void finish(coqmp_daemon::exit_code status);

    [[nodiscard]] boost::asio::awaitable<void> read_files();
    void take(machine_set files);
    void find_sockets();
    [[nodiscard]] boost::asio::awaitable<void> obey_signals();
    [[nodiscard]] boost::asio::awaitable<void> reload();
    [[nodiscard]] boost::asio::awaitable<void> follow_changes();
    [[nodiscard]] boost::asio::awaitable<void> follow_events();
    void take(coqmp::change const& what);
    void take(coqmp::machine_event const& reported);
    void count_again();
    void forget(std::string const& machine);
    [[nodiscard]] boost::asio::awaitable<bool> stop();

    boost::asio::any_io_executor executor_;
    places const places_;
    coqmp_daemon::logger& log_;
    coqmp_daemon::signals signals_;
    coqmp_daemon::service_state state_;
    std::unique_ptr<cgroup_tree> cgroups_;
    machine_hooks hooks_;
    machine_counts counts_;
    reported_changes reported_;
    coqmp::supervisor supervisor_;
    coqmp::change_stream changes_;
    coqmp::machine_event_stream events_;
    offered_monitors monitors_;
    supervised_machines machines_;
    machine_set read_;  ///< The newest files.
    directory_watch sockets_;
    control_server control_;
    boost::asio::steady_timer ended_;
    std::optional<coqmp_daemon::exit_code> status_;
    boost::asio::thread_pool files_{1};  ///< Reads the machines' files, so that a slow file system delays no machine.
};

}  // namespace coqmpd

#endif
