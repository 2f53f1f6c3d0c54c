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
#include "supervision/offered_monitors.hpp"

#include <coqmp/lifecycle.hpp>
#include <coqmp/supervisor.hpp>

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

/// @par Threads That of the supervisor's executor.
/// @par Lifetime What is under way does nothing once this object is gone.
class supervised_machines
{
public:
    /// What all machines of the daemon share; it outlives this object.
    struct surroundings
    {
        coqmp::supervisor& machines;
        machine_hooks& hooks;
        offered_monitors& monitors;
        cgroup_tree* cgroups;  ///< Null: there are none.
        coqmp_daemon::logger& log;
    };

    /// @param forgotten called with the name of each machine that the daemon no longer knows
    supervised_machines(surroundings const& shared, std::function<void(std::string const&)> forgotten);
    supervised_machines(supervised_machines const&) = delete;
    supervised_machines& operator=(supervised_machines const&) = delete;

    /// The files are these now. Logs their problems and what changes.
    /// @param files all patterns in `observe` are expanded
    void follow(machine_set files);

    /// Warns about the machines of an earlier daemon that nobody supervises now, although they may still be running or should be.
    void warn_of_stored();

    /// Whether the machine has a file, or has not been forgotten yet.
    [[nodiscard]] bool knows(std::string const& machine) const { return files_.contains(machine); }

    /// Whether it is a machine of another owner.
    [[nodiscard]] bool observes(std::string const& machine) const
    {
        auto const found = files_.find(machine);
        return found != files_.end() && found->second.is_observed();
    }

    /// The machine has this state now: one without a file is forgotten when it has ended.
    void take(std::string const& machine, coqmp::lifecycle state);

    /// Waits until the machines that are removed or replaced have left the supervisor, but at most for this time. One call at a
    /// time.
    /// @return whether they have
    [[nodiscard]] boost::asio::awaitable<bool> settle(std::chrono::milliseconds most);

    /// Lets all machines live on without us. From now on, no machine is added.
    /// @param most how long the starts and shutdowns that are under way may take
    /// @return whether all were released in time
    [[nodiscard]] boost::asio::awaitable<bool> release_all(std::chrono::milliseconds most);

private:
    void place(std::string const& machine);
    void launch(std::string const& machine, machine_file const& file);
    void observe(std::string const& machine, machine_file const& file);
    void place_all();
    void update(std::string const& machine);
    void replace(std::string const& machine);
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
    std::map<std::string, coqmp::lifecycle>
        reported_;                        ///< By take(). A machine is not forgotten before its last state is reported.
    std::set<std::string> without_file_;  ///< Of those in files_.
    std::set<std::string> placed_;        ///< The supervisor has them.
    std::set<std::string> unplaced_;      ///< The supervisor is to have them as their files are now, or refused them.
    std::set<std::string> leaving_;       ///< They are leaving the supervisor. Those in files_ come back then.
    boost::asio::steady_timer settled_;   ///< Cancelled when none is leaving.
    bool is_ending_ = false;
    std::shared_ptr<bool> const alive_ = std::make_shared<bool>(true);
};

}  // namespace coqmpd

#endif
