// Keeps the supervisor's machines as the files describe them.
// Invariant: no machine is ended because its file was changed or removed.
#ifndef COQMPD_SUPERVISION_SUPERVISED_MACHINES_HPP
#define COQMPD_SUPERVISION_SUPERVISED_MACHINES_HPP

#include "cgroups/cgroup_tree.hpp"
#include "daemon/log/logger.hpp"
#include "hooks/machine_hooks.hpp"
#include "machines/machine_file.hpp"
#include "machines/machine_set.hpp"
#include "stored/left_machines.hpp"
#include "stored/possible_launches.hpp"
#include "stored/state_files.hpp"
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
        state_files* stored = nullptr;  ///< Null: the next daemon does not need the files.
    };

    /// @param forgotten called with the name of each machine that the daemon no longer knows
    supervised_machines(surroundings const& shared, std::function<void(std::string const&)> forgotten);
    supervised_machines(supervised_machines const&) = delete;
    supervised_machines& operator=(supervised_machines const&) = delete;

    /// The files will be these. Stores them for the next daemon, which is to be done when follow() is called.
    void announce(machine_set const& files, left_machines const& left);

    /// The files are these now. Logs their problems and what changes.
    /// @param files all patterns in `observe` are expanded
    /// @param left by an earlier daemon: those whose files are refused, and those that run without a file, are supervised as their
    /// last accepted files say
    void follow(machine_set files, left_machines const& left = {});

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
    /// All machines that are launched, not observed, with what their QEMUs were launched with.
    [[nodiscard]] known_machines known() const;

    /// What is wrong with the machine's file while its previous one holds: `refused` or `missing`. Empty: nothing.
    [[nodiscard]] std::string file_problem(std::string const& machine) const;

    /// The machine has this state now: one without a file is forgotten when it has ended.
    void take(std::string const& machine, coqmp::lifecycle state);

    /// Waits until the machines that are removed or replaced have left the supervisor, but at most for this time. One call at a
    /// time.
    /// @return whether they have
    [[nodiscard]] boost::asio::awaitable<bool> settle(std::chrono::milliseconds most);

    /// Shuts all machines down, as supervisor::async_shutdown() does. Meanwhile, none becomes another machine.
    [[nodiscard]] boost::asio::awaitable<boost::system::error_code> shut_down(std::chrono::nanoseconds budget);

    /// Lets all machines live on without us. From now on, no machine is added.
    /// @param most how long the starts and shutdowns that are under way may take
    /// @return whether all were released in time
    [[nodiscard]] boost::asio::awaitable<bool> release_all(std::chrono::milliseconds most);

private:
    void restore(machine_set const& files, left_machines const& left);
    void follow_launches(machine_set const& files);
    void keep(std::string const& machine);
    [[nodiscard]] bool is_supervised(std::string const& machine) const
    {
        return !is_ending_ && placed_.contains(machine) && !leaving_.contains(machine);
    }
    void replace_deferred();
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
    std::map<std::string, possible_launches> launches_;  ///< Of those in files_ that are launched, not observed.
    std::set<std::string> refused_;                      ///< Their present files.
    std::set<std::string> deferred_;                     ///< They become other machines after a shutdown of all.
    unsigned shutdowns_ = 0;
    std::set<std::string> leaving_;      ///< They are leaving the supervisor. Those in files_ come back then.
    boost::asio::steady_timer settled_;  ///< Cancelled when none is leaving.
    bool is_ending_ = false;
    std::shared_ptr<bool> const alive_ = std::make_shared<bool>(true);
};

}  // namespace coqmpd

#endif
