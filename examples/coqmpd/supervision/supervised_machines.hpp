// Keeps the supervisor's machines as the files describe them.
// Invariant: no machine is ended because its file was changed or removed.
#ifndef COQMPD_SUPERVISION_SUPERVISED_MACHINES_HPP
#define COQMPD_SUPERVISION_SUPERVISED_MACHINES_HPP

#include "cgroups/cgroup_tree.hpp"
#include "daemon/log/logger.hpp"
#include "hooks/machine_hooks.hpp"
#include "machines/machine_file.hpp"
#include "machines/machine_set.hpp"
#include "supervision/launch_plan.hpp"

#include <coqmp/lifecycle.hpp>
#include <coqmp/supervisor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace coqmpd {

/// A machine whose file has changed is released and added again, and its QEMU is adopted: supervisor::update() is not used yet.
/// Until that is done, which takes long only during a start or a shutdown, it is not among the supervisor's machines.
/// @par Threads That of its executor.
/// @par Lifetime Releases that are under way do nothing once this object is gone.
class supervised_machines
{
public:
    /// What all machines of the daemon share; it outlives this object.
    struct surroundings
    {
        coqmp::supervisor& machines;
        machine_hooks& hooks;
        cgroup_tree* cgroups;  ///< Null: there are none.
        std::string state;     ///< The supervisor's directory.
        coqmp_daemon::logger& log;
    };

    /// @param forgotten called with the name of each machine that the daemon no longer knows
    supervised_machines(surroundings const& shared, std::function<void(std::string const&)> forgotten);
    supervised_machines(supervised_machines const&) = delete;
    supervised_machines& operator=(supervised_machines const&) = delete;

    /// The files are these now. Logs their problems, and what changes.
    void follow(machine_set files);

    /// Whether the machine has a file, or has not been forgotten yet.
    [[nodiscard]] bool knows(std::string const& machine) const { return files_.contains(machine); }

    /// The machine has this state now: one without a file is forgotten when it has ended.
    void take(std::string const& machine, coqmp::lifecycle state);

    /// Waits until all machines have their new settings, but at most for this time. One call at a time.
    /// @return whether they have; those that are being started or shut down get them afterwards
    [[nodiscard]] boost::asio::awaitable<bool> settle(std::chrono::milliseconds most);

    /// Lets all machines live on without us. From now on, no machine is added.
    /// @param executor of this object @param most how long the starts and shutdowns that are under way may take
    /// @return whether all were released in time
    [[nodiscard]] boost::asio::awaitable<bool> release_all(boost::asio::any_io_executor executor, std::chrono::milliseconds most);

private:
    void add(std::string const& machine);
    void admit(std::string const& user, std::string const& machine);
    void add_unplaced();
    void supervise_anew(std::string const& machine);
    void change_limits(std::string const& machine);
    void has_left(std::string const& machine);
    void give_up_file(std::string const& machine);
    void forget_if_over(std::string const& machine);
    void forget(std::string const& machine);
    void report(std::string const& machine, std::string const& what, boost::system::error_code error);

    surroundings shared_;
    inheritance const inherited_ = inheritance::ours();
    std::function<void(std::string const&)> forgotten_;
    std::map<std::string, machine_file> files_;
    std::set<std::string> without_file_;  ///< Of those in files_.
    std::set<std::string> leaving_;       ///< They are being released or removed; those that are in files_ are added again then.
    std::set<std::string> unplaced_;      ///< They are to be added, or could not be.
    boost::asio::steady_timer settled_;   ///< Cancelled when none is leaving.
    bool is_ending_ = false;
    std::shared_ptr<bool> const alive_ = std::make_shared<bool>(true);
};

}  // namespace coqmpd

#endif
